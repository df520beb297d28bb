import { describe, expect, it } from 'vitest';
import { Deadline } from '../../../shared/time/deadline.js';

const clock = { at: 1_000, now: () => clock.at };

describe('a deadline', () => {
  it('counts down from its start and never below zero', () => {
    const deadline = new Deadline(clock, 100);
    clock.at += 60;
    expect([deadline.leftMs(), deadline.passed]).toEqual([40, false]);
    clock.at += 60;
    expect([deadline.leftMs(), deadline.passed]).toEqual([0, true]);
    expect(() => deadline.check('waiting')).toThrow('the deadline of 100 ms passed while waiting');
  });

  it('can be made shorter from its start or from now, never longer', () => {
    const deadline = new Deadline(clock, 100);
    clock.at += 50;
    expect(deadline.atMost(60).leftMs()).toBe(10);
    expect(deadline.atMost(500)).toBe(deadline);
    expect(deadline.fromNow(20).leftMs()).toBe(20);
    expect(deadline.fromNow(500)).toBe(deadline);
  });

  it('bounds a wait: the work, its failure, or deadline-exceeded, and hears a late failure in silence', async () => {
    const deadline = new Deadline({ now: () => 0 }, 5);
    expect(await deadline.bound(Promise.resolve('done'), 'it worked')).toBe('done');
    await expect(deadline.bound(Promise.reject(new Error('no')), 'it worked')).rejects.toThrow('no');
    let failLate = (): void => undefined;
    const late = new Promise<never>((_, reject) => (failLate = () => reject(new Error('late'))));
    await expect(deadline.bound(late, 'it slept')).rejects.toMatchObject({
      code: 'deadline-exceeded',
      message: /while it slept/,
    });
    failLate();
  });
});
