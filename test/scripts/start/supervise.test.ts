import { describe, expect, it } from 'vitest';
import type { ExitInfo } from '../../../scripts/local/processes.js';
import { restartDelayMs, type SupervisedProcess, Supervisor } from '../../../scripts/start/supervise.js';

/** A server process that does as the test says. */
class FakeProcess implements SupervisedProcess {
  readonly pid: number;
  readonly listening: Promise<string>;
  readonly exited: Promise<ExitInfo>;
  listen!: (url: string) => void;
  refuse!: (error: Error) => void;
  end!: (how: Partial<ExitInfo>) => void;
  stopped = false;

  constructor(pid: number) {
    this.pid = pid;
    this.listening = new Promise((resolve, reject) => {
      this.listen = resolve;
      this.refuse = reject;
    });
    this.listening.catch(() => undefined);
    this.exited = new Promise((resolve) => {
      this.end = (how) => resolve({ code: null, signal: null, ...how });
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.refuse(new Error('stopped'));
    this.end({ signal: 'SIGTERM' });
    await this.exited;
  }
}

function supervised() {
  const spawned: FakeProcess[] = [];
  const waits: { ms: number; go: () => void }[] = [];
  const said: string[] = [];
  const clock = { nowMs: 0 };
  const supervisor = new Supervisor({
    name: 'the origin',
    spawn() {
      const process = new FakeProcess(spawned.length + 1);
      spawned.push(process);
      return process;
    },
    onSpawn: () => undefined,
    say: (text) => said.push(text),
    now: () => clock.nowMs,
    wait: (ms, signal) =>
      new Promise((go) => {
        waits.push({ ms, go });
        signal.addEventListener('abort', () => go());
      }),
  });
  const last = <T>(list: T[]): T => list.at(-1)!;
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return { spawned, waits, said, clock, supervisor, last, settle };
}

async function running() {
  const all = supervised();
  const starting = all.supervisor.start();
  all.last(all.spawned).listen('http://here');
  expect(await starting).toBe('http://here');
  return all;
}

describe('watching over a server', () => {
  it('starts it again when it dies, and says both', async () => {
    const { spawned, waits, said, last, settle } = await running();
    last(spawned).end({ signal: 'SIGKILL' });
    await settle();
    expect(said).toEqual(['the origin ended (SIGKILL): starting it again in 0.5 s']);
    last(waits).go();
    await settle();
    expect(spawned).toHaveLength(2);
    last(spawned).listen('http://here');
    await settle();
    expect(said.at(-1)).toBe('the origin is back: http://here');
  });

  it('waits longer each time that it dies at once, and begins anew after a healthy while', async () => {
    const { spawned, waits, clock, last, settle } = await running();
    for (let death = 0; death < 7; death += 1) {
      last(spawned).end({ code: 1 });
      await settle();
      last(waits).go();
      await settle();
    }
    expect(waits.map(({ ms }) => ms)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000]);
    clock.nowMs += 30_000;
    last(spawned).end({ code: 1 });
    await settle();
    expect(last(waits).ms).toBe(500);
  });

  it('ends it for good when told to, also while it waits to start it again', async () => {
    const one = await running();
    await one.supervisor.stop();
    expect([one.spawned.length, one.last(one.spawned).stopped, one.said]).toEqual([1, true, []]);
    const other = await running();
    other.last(other.spawned).end({ code: 1 });
    await other.settle();
    await other.supervisor.stop();
    expect(other.spawned).toHaveLength(1);
  });

  it('fails its start, without another try, when the server never listens', async () => {
    const { supervisor, spawned, last } = supervised();
    const starting = supervisor.start();
    last(spawned).refuse(new Error('the origin ended (exit status 1)'));
    await expect(starting).rejects.toThrow('exit status 1');
    expect(spawned).toHaveLength(1);
  });

  it('has a delay that is bounded', () => {
    expect([1, 2, 5, 6, 1_000].map(restartDelayMs)).toEqual([500, 1_000, 8_000, 10_000, 10_000]);
  });
});
