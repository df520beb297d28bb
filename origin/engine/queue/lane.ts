import { Chain } from './chain.js';
import type { HeapEntry } from './indexed-heap.js';
import type { Placed } from './place-line.js';

/** What waits of one request: one item, or the fifty lines of a page. It holds one place between the others. */
export class Lane<Item> implements Placed {
  readonly key: object;
  /** The oldest first. */
  readonly items = new Chain<Item>();
  readonly shares = new Map<string, LaneShare<Item>>();
  level = 1;
  placedAtMs = 0;
  /** With the ageing of its level. */
  turnMs = 0;
  /** Of the place, not of the lane: grows with each new place of any lane. */
  order = 0;
  lineAt = -1;

  constructor(key: object) {
    this.key = key;
  }
}

/** The part of a lane that is in one bucket. */
export class LaneShare<Item> implements HeapEntry {
  readonly lane: Lane<Item>;
  readonly items = new Chain<Item>();
  /** The lane's place as it was when this was put into its heap. */
  turnMs = 0;
  order = -1;
  heapAt = -1;

  constructor(lane: Lane<Item>) {
    this.lane = lane;
  }
}

export function inTurn(a: Turn, b: Turn): boolean {
  return a.turnMs < b.turnMs || (a.turnMs === b.turnMs && a.order < b.order);
}

interface Turn {
  readonly turnMs: number;
  readonly order: number;
}
