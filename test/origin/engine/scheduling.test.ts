import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../origin/engine/backoff.js';
import { decide } from '../../../origin/engine/decide.js';
import { FairQueue } from '../../../origin/engine/fair-queue.js';

interface Item {
  readonly lane: object;
  readonly name: string;
}

const takeAllInTurn = (queue: FairQueue<Item>): string[] => {
  const names: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) names.push(item.name);
  return names;
};

describe('the fair queue', () => {
  it('is first in, first out between requests', () => {
    const queue = new FairQueue<Item>();
    for (const name of ['a', 'b', 'c']) queue.push({ lane: {}, name });
    expect(queue.size).toBe(3);
    expect(takeAllInTurn(queue)).toEqual(['a', 'b', 'c']);
    expect(queue.size).toBe(0);
  });

  it('gives a request of many runs one run per turn', () => {
    const queue = new FairQueue<Item>();
    const page = {};
    for (const name of ['p1', 'p2', 'p3']) queue.push({ lane: page, name });
    for (const name of ['a', 'b']) queue.push({ lane: {}, name });
    expect(takeAllInTurn(queue)).toEqual(['p1', 'a', 'b', 'p2', 'p3']);
  });

  it('serves what is to be tried again before all others', () => {
    const queue = new FairQueue<Item>();
    queue.push({ lane: {}, name: 'a' });
    queue.pushFirst({ lane: {}, name: 'again' });
    expect(takeAllInTurn(queue)).toEqual(['again', 'a']);
  });

  it('lets any item leave before its turn, once', () => {
    const queue = new FairQueue<Item>();
    const lane = {};
    const items = ['a', 'b', 'c'].map((name) => ({ lane, name }));
    for (const item of items) queue.push(item);
    const first = { lane: {}, name: 'again' };
    queue.pushFirst(first);
    expect([queue.remove(items[1]!), queue.remove(items[1]!), queue.remove(first)]).toEqual([true, false, true]);
    expect(queue.size).toBe(2);
    expect(takeAllInTurn(queue)).toEqual(['a', 'c']);
  });

  it('hands over all at once', () => {
    const queue = new FairQueue<Item>();
    for (const name of ['a', 'b']) queue.push({ lane: {}, name });
    expect(queue.takeAll().map(({ name }) => name)).toEqual(['a', 'b']);
    expect([queue.size, queue.take()]).toEqual([0, undefined]);
  });
});

describe('backing off', () => {
  it('doubles from the second failure in a row, up to a limit, half of it at random', () => {
    const limits = { firstMs: 100, mostMs: 500 };
    const waits = (random: number): number[] => [0, 1, 2, 3, 4, 5, 60].map((n) => backoffMs(n, limits, () => random));
    expect(waits(1)).toEqual([0, 0, 100, 200, 400, 500, 500]);
    expect(waits(0)).toEqual([0, 0, 50, 100, 200, 250, 250]);
  });
});

describe('deciding when to run', () => {
  it('runs one at once when the runner is free and something waits', () => {
    expect(decide({ runnerFree: true, waiting: 3 })).toEqual({ kind: 'dispatch', items: 1 });
    expect(decide({ runnerFree: false, waiting: 3 })).toEqual({ kind: 'wait' });
    expect(decide({ runnerFree: true, waiting: 0 })).toEqual({ kind: 'wait' });
  });
});
