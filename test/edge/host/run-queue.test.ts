import { describe, expect, it } from 'vitest';
import { RunQueue, waitingRunsMax } from '../../../edge/host/run-queue.js';
import { Deadline } from '../../../shared/time/deadline.js';

const clock = { time: 0, now: () => clock.time };
const soon = (): Deadline => new Deadline(clock, 1_000);
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A promise and how to settle it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe('the run queue', () => {
  it('runs one at a time, first come first served', async () => {
    const queue = new RunQueue(turn);
    const events: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} begins`);
      await Promise.resolve();
      events.push(`${name} ends`);
      return name;
    };
    const names = ['a', 'b', 'c'];
    expect(await Promise.all(names.map((name) => queue.run(soon(), work(name))))).toEqual(names);
    expect(events).toEqual(names.flatMap((name) => [`${name} begins`, `${name} ends`]));
  });

  it('does not start what is too late when its turn comes', async () => {
    const queue = new RunQueue(turn);
    const first = gate();
    const running = queue.run(soon(), () => first.opened);
    let started = false;
    const late = queue.run(soon(), () => Promise.resolve((started = true)));
    clock.time += 1_001;
    first.open();
    await running;
    await expect(late).rejects.toMatchObject({ code: 'deadline-exceeded' });
    expect(started).toBe(false);
  });

  it('goes on when the second of three runs fails', async () => {
    const queue = new RunQueue(turn);
    const results = await Promise.allSettled([
      queue.run(soon(), () => Promise.resolve(1)),
      queue.run(soon(), () => Promise.reject(new Error('broken'))),
      queue.run(soon(), () => Promise.resolve(3)),
    ]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('goes on when one who waits is stopped for good: in production a caller who leaves stops its request', async () => {
    const first = gate();
    let turns = 0;
    // The second to wait never gets another turn of its own.
    const queue = new RunQueue(() => ((turns += 1) === 1 ? new Promise<never>(() => undefined) : turn()));
    const running = queue.run(soon(), () => first.opened);
    void queue.run(soon(), () => Promise.resolve('stopped'));
    await turn();
    const last = queue.run(soon(), () => Promise.resolve('answered'));
    first.open();
    await running;
    expect(await last).toBe('answered');
  });

  it('refuses one run more than may wait, quoting both numbers', async () => {
    const queue = new RunQueue(turn);
    const first = gate();
    const running = queue.run(soon(), () => first.opened);
    const waiting = Array.from({ length: waitingRunsMax }, () => queue.run(soon(), () => Promise.resolve()));
    const refused = queue.run(soon(), () => Promise.resolve());
    await expect(refused).rejects.toMatchObject({
      code: 'queue-full',
      message: `expected at most ${waitingRunsMax} runs to wait, this would be number ${waitingRunsMax + 1}`,
    });
    first.open();
    await Promise.all([running, ...waiting]);
  });
});
