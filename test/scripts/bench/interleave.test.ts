import { describe, expect, it } from 'vitest';
import { differencesOf, figuresOf, interleave, type Step } from '../../../scripts/bench/interleave.js';
import { seededRandom } from '../../../scripts/seeded-random.js';

const signal = new AbortController().signal;
const options = { warmUpRounds: 2, rounds: 30, random: seededRandom(1), signal, onRound: () => undefined };

function recorded(order: string[]): Step[] {
  return ['a', 'b', 'c'].map((name) => ({
    name,
    time: () => {
      order.push(name);
      return Promise.resolve(order.length);
    },
  }));
}

describe('interleaving', () => {
  it('takes every step once in each round, in changing orders', async () => {
    const order: string[] = [];
    const rounds = await interleave(recorded(order), options);
    const orders = Array.from({ length: 32 }, (_, round) => order.slice(3 * round, 3 * round + 3));
    for (const one of orders) expect([...one].sort()).toEqual(['a', 'b', 'c']);
    expect(new Set(orders.map((one) => one.join(''))).size).toBe(6);
    expect(rounds).toHaveLength(30);
  });

  it('leaves the warm-up out of the figures', async () => {
    const rounds = await interleave(recorded([]), options);
    expect(Math.min(...['a', 'b', 'c'].flatMap((step) => figuresOf(rounds, step)))).toBe(7);
  });

  it('leaves out what could not be timed, also from differences', async () => {
    let calls = 0;
    const sometimes: Step = { name: 'a', time: () => Promise.resolve((calls += 1) % 2 === 0 ? 5 : undefined) };
    const always: Step = { name: 'b', time: () => Promise.resolve(3) };
    const rounds = await interleave([sometimes, always], { ...options, warmUpRounds: 0, rounds: 10 });
    expect([figuresOf(rounds, 'a').length, figuresOf(rounds, 'b').length]).toEqual([5, 10]);
    expect(differencesOf(rounds, 'a', 'b')).toEqual([2, 2, 2, 2, 2]);
  });

  it('ends with the first wrong answer, and when it is told to leave', async () => {
    const wrong: Step = { name: 'a', time: () => Promise.reject(new Error('wrong answer')) };
    await expect(interleave([wrong], options)).rejects.toThrow('wrong answer');
    const leaving = AbortSignal.abort(new Error('leaving'));
    await expect(interleave(recorded([]), { ...options, signal: leaving })).rejects.toThrow('leaving');
  });
});
