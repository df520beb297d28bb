import { describe, expect, it } from 'vitest';
import { TickTimer } from '../../../scripts/bench/edge/worker/tick-timer.js';

/** A clock in whole milliseconds that takes `lookMs` to be looked at, of a machine whose time `pass` moves. */
function coarseClock(lookMs: number) {
  let time = 1_000.37;
  return {
    now: (): number => {
      time += lookMs;
      return Math.floor(time);
    },
    pass: (ms: number): void => {
      time += ms;
    },
  };
}

describe('timing by a clock of whole milliseconds', () => {
  it('finds fractions of a millisecond', async () => {
    for (const lookMs of [0.000_1, 0.001]) {
      const clock = coarseClock(lookMs);
      const timer = new TickTimer(clock.now);
      for (const ms of [0.25, 0.999, 1, 3.456, 41.7]) {
        const timing = await timer.time(() => {
          clock.pass(ms);
          return Promise.resolve();
        });
        expect(timing.exact).toBe(true);
        expect(Math.abs(timing.ms - ms)).toBeLessThan(5 * lookMs);
      }
    }
  });

  it('gives what the work gives', async () => {
    const timer = new TickTimer(coarseClock(0.01).now);
    expect((await timer.time(() => Promise.resolve('done'))).value).toBe('done');
    await expect(timer.time(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  });

  it('says so when it missed the tick that it needed', async () => {
    const clock = coarseClock(0.01);
    let stalled = false;
    const timer = new TickTimer(() => {
      if (stalled) clock.pass(4); // somebody else had the processor
      return clock.now();
    });
    const timing = await timer.time(() => {
      clock.pass(2.5);
      stalled = true;
      return Promise.resolve();
    });
    expect(timing.exact).toBe(false);
  });
});
