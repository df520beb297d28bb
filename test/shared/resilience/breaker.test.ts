import { describe, expect, it } from 'vitest';
import { Breaker, defaultBreaker } from '../../../shared/resilience/breaker.js';

function setUp() {
  const clock = { at: 0, now: () => clock.at };
  const breaker = new Breaker(clock, () => 0.5);
  const fail = (times: number) => {
    for (let i = 0; i < times; i += 1) if (breaker.tryAcquire()) breaker.failed();
  };
  return { clock, breaker, fail };
}

describe('the breaker', () => {
  it('opens after the named number of failures in a row, and a success in between starts the count anew', () => {
    const { breaker, fail } = setUp();
    fail(defaultBreaker.failuresMax - 1);
    breaker.succeeded();
    fail(defaultBreaker.failuresMax - 1);
    expect(breaker.state.state).toBe('closed');
    fail(1);
    expect(breaker.state.state).toBe('open');
    expect(breaker.tryAcquire()).toBe(false);
    expect(breaker.allowedInMs).toBe(defaultBreaker.openMs);
  });

  it('lets one probe through when its time is up, and closes when that succeeds', () => {
    const { clock, breaker, fail } = setUp();
    fail(defaultBreaker.failuresMax);
    clock.at += defaultBreaker.openMs;
    expect([breaker.tryAcquire(), breaker.tryAcquire()]).toEqual([true, false]);
    breaker.succeeded();
    expect(breaker.state).toEqual({ state: 'closed', failures: 0 });
  });

  it('stays open twice as long after each failed probe, up to a limit', () => {
    const { clock, breaker, fail } = setUp();
    fail(defaultBreaker.failuresMax);
    const waits: number[] = [];
    for (let opening = 0; opening < 6; opening += 1) {
      waits.push(breaker.allowedInMs);
      clock.at += breaker.allowedInMs;
      fail(1);
    }
    expect(waits).toEqual([2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
  });

  it('gives up a probe that never reports back', () => {
    const { clock, breaker, fail } = setUp();
    fail(defaultBreaker.failuresMax);
    clock.at += defaultBreaker.openMs;
    expect(breaker.tryAcquire()).toBe(true);
    clock.at += defaultBreaker.probeMsMax;
    expect(breaker.tryAcquire()).toBe(true);
  });

  it('takes an abandoned probe as no probe, and ignores stragglers', () => {
    const { clock, breaker, fail } = setUp();
    fail(defaultBreaker.failuresMax);
    breaker.failed();
    expect(breaker.state).toMatchObject({ state: 'open', openings: 1 });
    clock.at += defaultBreaker.openMs;
    breaker.tryAcquire();
    breaker.abandoned();
    expect(breaker.tryAcquire()).toBe(true);
  });
});
