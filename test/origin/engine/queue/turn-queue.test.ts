import { describe, expect, it } from 'vitest';
import { passedOverMax, type QueueItem, TurnQueue } from '../../../../origin/engine/queue/turn-queue.js';
import { integerBelow, oneOf, seededRandom } from '../../../harness/random.js';
import { NaiveQueue } from './naive-queue.js';

interface Named extends QueueItem {
  readonly name: string;
}

const item = (name: string, more: Partial<Named> = {}): Named => ({
  name,
  lane: {},
  level: 1,
  bucket: 'a',
  rows: 1,
  ...more,
});
const queueOf = (...items: Named[]): TurnQueue<Named> => {
  const queue = new TurnQueue<Named>({ ageingMs: 100 });
  for (const one of items) queue.push(one, 0);
  return queue;
};
const names = (items: readonly Named[]): string[] => items.map(({ name }) => name);

/** What comes when each is taken alone, at these times or at 0. */
function oneByOne(queue: TurnQueue<Named>, nowMs = 0): string[] {
  const taken: string[] = [];
  while (queue.size > 0) taken.push(...names(queue.takeBatch(1, nowMs)));
  return taken;
}

describe('turns', () => {
  it('go first in, first out within a level', () => {
    expect(oneByOne(queueOf(item('a'), item('b'), item('c')))).toEqual(['a', 'b', 'c']);
  });

  it('go to the first level before the second, until the second has waited for one ageing time', () => {
    const queue = new TurnQueue<Named>({ ageingMs: 100 });
    queue.push(item('late', { level: 2 }), 0);
    queue.push(item('at 99'), 99);
    queue.push(item('at 101'), 101);
    expect(oneByOne(queue, 101)).toEqual(['at 99', 'late', 'at 101']);
  });

  it('go to a request of many runs one run at a time', () => {
    const page = {};
    const queue = queueOf(...['p1', 'p2', 'p3'].map((name) => item(name, { lane: page })), item('a'), item('b'));
    expect(oneByOne(queue)).toEqual(['p1', 'a', 'b', 'p2', 'p3']);
  });

  it('go first to what is to be tried again', () => {
    const queue = queueOf(item('a'));
    for (const name of ['again', 'and again']) queue.pushFirst(item(name));
    expect(queue.head()?.name).toBe('again');
    expect(oneByOne(queue)).toEqual(['again', 'and again', 'a']);
  });

  it('stand still when the clock steps back', () => {
    const queue = new TurnQueue<Named>({ ageingMs: 100 });
    queue.push(item('a'), 1_000);
    queue.push(item('b'), 0);
    expect(oneByOne(queue)).toEqual(['a', 'b']);
  });
});

describe('a batch', () => {
  it('holds the head, and in turn others of its bucket, up to the rows asked for', () => {
    const queue = queueOf(item('a'), item('x', { bucket: 'b' }), item('b', { rows: 2 }), item('c'), item('d'));
    expect(names(queue.takeBatch(4, 0))).toEqual(['a', 'b', 'c']);
    expect(names(queue.takeBatch(4, 0))).toEqual(['x']);
    expect(names(queue.takeBatch(4, 0))).toEqual(['d']);
  });

  it('holds the head even if it alone is larger', () => {
    expect(names(queueOf(item('large', { rows: 9 }), item('a')).takeBatch(4, 0))).toEqual(['large']);
  });

  it('passes over what is too large for the room left, and over what may not join', () => {
    const queue = queueOf(item('a'), item('large', { rows: 4 }), item('b'), item('never'));
    expect(names(queue.takeBatch(4, 0, ({ name }) => name !== 'never'))).toEqual(['a', 'b']);
    expect(names(queue.takeBatch(4, 0))).toEqual(['large']);
  });

  it('passes over a bounded number of lanes', () => {
    const queue = queueOf(item('a'));
    for (let n = 0; n < passedOverMax; n++) queue.push(item('large', { rows: 9 }), 0);
    queue.push(item('too far'), 0);
    expect(names(queue.takeBatch(4, 0))).toEqual(['a']);
    queue.pushFirst(item('b'));
    queue.remove(queue.takeBatch(1, 0)[0]!);
    expect(names(queue.takeBatch(10, 0))).toEqual(['large', 'too far']);
  });

  it('takes one of each lane before a second of any, then fills up from the same lanes', () => {
    const [page, other] = [{}, {}];
    const queue = queueOf(
      ...['p1', 'p2', 'p3', 'p4'].map((name) => item(name, { lane: page })),
      ...['q1', 'q2'].map((name) => item(name, { lane: other })),
      item('a'),
    );
    expect(names(queue.takeBatch(6, 0))).toEqual(['p1', 'q1', 'a', 'p2', 'q2', 'p3']);
    expect(queue.size).toBe(1);
  });

  it('takes from what is to be tried again first', () => {
    const queue = queueOf(item('a'));
    for (const name of ['r1', 'r2']) queue.pushFirst(item(name));
    expect(names(queue.takeBatch(8, 0))).toEqual(['r1', 'r2', 'a']);
  });

  it('is empty when nothing waits', () => {
    expect(queueOf().takeBatch(4, 0)).toEqual([]);
    expect(queueOf().head()).toBeUndefined();
  });
});

describe('what waits', () => {
  it('is counted in items, in rows and in rows of a bucket', () => {
    const queue = queueOf(item('a', { rows: 3 }), item('b', { bucket: 'b', rows: 5 }));
    queue.pushFirst(item('c', { rows: 2 }));
    expect([queue.size, queue.rows, queue.rowsOfBucket('a'), queue.rowsOfBucket('b')]).toEqual([3, 10, 5, 5]);
    queue.takeAll();
    expect([queue.size, queue.rows, queue.rowsOfBucket('a'), queue.rowsOfBucket('b')]).toEqual([0, 0, 0, 0]);
  });

  it('goes before a newcomer when its turn is no later, one item of each lane', () => {
    const queue = new TurnQueue<Named>({ ageingMs: 100 });
    const page = {};
    queue.push(item('p1', { lane: page, rows: 3 }), 0);
    queue.push(item('p2', { lane: page, rows: 50 }), 0);
    queue.push(item('low', { level: 2, rows: 10 }), 50);
    expect([queue.rowsAhead(1, 60), queue.rowsAhead(2, 60), queue.rowsAhead(1, 150)]).toEqual([3, 13, 13]);
    queue.pushFirst(item('again', { rows: 100 }));
    expect(queue.rowsAhead(1, 150)).toBe(113);
  });

  it('can leave before its turn, once, and its lane keeps its place', () => {
    const page = {};
    const [p1, p2, first] = [item('p1', { lane: page }), item('p2', { lane: page, rows: 4 }), item('again')];
    const queue = queueOf(p1, item('a'), p2);
    queue.pushFirst(first);
    expect([queue.remove(p1), queue.remove(p1), queue.remove(first), queue.remove(item('p1'))]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(queue.rowsAhead(1, 0)).toBe(5);
    expect(oneByOne(queue)).toEqual(['p2', 'a']);
  });

  it('is handed over all at once, in turn', () => {
    const page = {};
    const queue = queueOf(item('low', { level: 2 }), item('p1', { lane: page }), item('a'), item('p2', { lane: page }));
    queue.pushFirst(item('again'));
    expect(names(queue.takeAll())).toEqual(['again', 'p1', 'p2', 'a', 'low']);
    expect([queue.size, queue.head()]).toEqual([0, undefined]);
    queue.push(item('next'), 0);
    expect(oneByOne(queue)).toEqual(['next']);
  });

  it('may be 100,000 items, of one lane or of as many lanes, in one bucket or in as many', () => {
    const count = 100_000;
    for (const [lanes, buckets] of [
      [1, 1],
      [1, count],
      [count, 1],
      [300, 300],
      [count, count],
    ] as const) {
      const queue = new TurnQueue<Named>({ ageingMs: 10 });
      const keys = Array.from({ length: lanes }, () => ({}));
      for (let n = 0; n < count; n++) {
        const more = { lane: keys[n % lanes]!, bucket: `${(n * 7) % buckets}`, level: 1 + (n % 3) };
        queue.push(item(`${n}`, more), n / 100);
      }
      let left = count;
      for (let nowMs = 1_000; queue.size > 0; nowMs++) {
        left -= queue.takeBatch(4, nowMs).length;
        if (nowMs % 64 === 0) queue.rowsAhead(2, nowMs);
      }
      expect([left, queue.rows]).toEqual([0, 0]);
    }
  });
});

describe('the queue and its plain model', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])('agree on everything that happens (seed %i)', (seed) => {
    const random = seededRandom(seed);
    const ageingMs = oneOf(random, [1, 7, 50]);
    const queue = new TurnQueue<Named>({ ageingMs });
    const model = new NaiveQueue<Named>(ageingMs);
    let lanes = Array.from({ length: 4 }, () => ({ level: 1 + integerBelow(random, 3) }));
    let nowMs = 0;
    for (let step = 0; step < 3_000; step++) {
      nowMs += integerBelow(random, 4);
      if (random() < 0.05)
        lanes = lanes.map((lane) => (random() < 0.5 ? { level: 1 + integerBelow(random, 3) } : lane));
      const lane = random() < 0.5 ? oneOf(random, lanes) : { level: 1 + integerBelow(random, 3) };
      const one = item(`${step}`, {
        lane,
        level: lane.level,
        bucket: oneOf(random, ['a', 'b', 'c']),
        rows: 1 + integerBelow(random, 4),
      });
      const chance = random();
      if (chance < 0.55) {
        queue.push(one, nowMs);
        model.push(one, nowMs);
      } else if (chance < 0.6) {
        queue.pushFirst(one);
        model.pushFirst(one);
      } else if (chance < 0.72) {
        const leaving = model.all.length > 0 && random() < 0.9 ? oneOf(random, model.all) : one;
        expect(queue.remove(leaving)).toBe(model.remove(leaving));
      } else {
        const rowsMax = 1 + integerBelow(random, 9);
        const mayJoin = ({ name }: Named): boolean => Number(name) % 5 > 0;
        expect(names(queue.takeBatch(rowsMax, nowMs, mayJoin))).toEqual(
          names(model.takeBatch(rowsMax, nowMs, mayJoin)),
        );
      }
      expect(queue.head()).toBe(model.head());
      const level = 1 + integerBelow(random, 4);
      expect(queue.rowsAhead(level, nowMs)).toBe(model.rowsAhead(level, nowMs));
      expect([queue.size, queue.rows]).toEqual([model.all.length, model.all.reduce((sum, { rows }) => sum + rows, 0)]);
      const inBucket = model.all.filter(({ bucket }) => bucket === 'b').reduce((sum, { rows }) => sum + rows, 0);
      expect(queue.rowsOfBucket('b')).toBe(inBucket);
    }
    expect(new Set(queue.takeAll())).toEqual(new Set(model.all));
  });
});
