import { IndexedHeap } from './indexed-heap.js';
import { inTurn, type LaneShare } from './lane.js';

/**
 * The lanes that have something in one bucket, in turn. A lane that is served through another bucket moves back here
 * too: that is made good when its share comes up, so that serving a lane costs nothing for each bucket that it is in.
 */
export class BucketLanes<Item> {
  readonly #heap = new IndexedHeap<LaneShare<Item>>(inTurn);

  push(share: LaneShare<Item>): void {
    copyPlace(share);
    this.#heap.push(share);
  }

  remove(share: LaneShare<Item>): void {
    this.#heap.remove(share);
  }

  /** Takes out the share whose lane is the first in turn. */
  pop(): LaneShare<Item> | undefined {
    for (let share = this.#heap.top; share !== undefined; share = this.#heap.top) {
      if (share.order === share.lane.order) {
        this.#heap.remove(share);
        return share;
      }
      copyPlace(share);
      this.#heap.moveBack(share);
    }
    return undefined;
  }
}

function copyPlace<Item>(share: LaneShare<Item>): void {
  share.turnMs = share.lane.turnMs;
  share.order = share.lane.order;
}
