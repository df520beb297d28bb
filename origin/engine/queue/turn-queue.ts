import { BucketLanes } from './bucket-lanes.js';
import { Chain, type Link } from './chain.js';
import { inTurn, Lane, LaneShare } from './lane.js';
import { PlaceLine } from './place-line.js';

export interface QueueItem {
  /** The request that it belongs to. */
  readonly lane: object;
  /** 1 goes first. Items of one lane are expected to have the same. */
  readonly level: number;
  /** Items of the same bucket may share a batch. */
  readonly bucket: string;
  /** At least 1. */
  readonly rows: number;
}

/** How many lanes are passed over for one batch because their item is too large for it or may not join. */
export const passedOverMax = 256;

type Whereabouts<Item> =
  | { readonly kind: 'first'; readonly link: Link<Item> }
  | {
      readonly kind: 'lane';
      readonly share: LaneShare<Item>;
      readonly inLane: Link<Item>;
      readonly inShare: Link<Item>;
    };

/** A batch in the making. */
interface Filling<Item> {
  readonly taken: Item[];
  readonly served: Set<Lane<Item>>;
  readonly bucket: string;
  rowsLeft: number;
  passedOver: number;
}

/**
 * What waits for a runner, in turn: who has the smallest (arrival + (level − 1) × ageing) goes first, so that what has
 * waited one ageing time goes before a newcomer of one level above. A request that waits with several runs has one
 * place: when it has been served and has more, it takes its place anew, so that it cannot hold up those that came after
 * it. The time passed in should not go backwards; where it does, the queue's own stands still.
 *
 * No operation walks over all items, however many there are.
 */
export class TurnQueue<Item extends QueueItem> {
  readonly #ageingMs: number;
  /** Items whose run failed through no fault of theirs: before all others. */
  readonly #first = new Chain<Item>();
  readonly #lanes = new Map<object, Lane<Item>>();
  /** The lanes' places by level. */
  readonly #lines: PlaceLine<Lane<Item>>[] = [];
  readonly #buckets = new Map<string, BucketLanes<Item>>();
  readonly #bucketRows = new Map<string, number>();
  readonly #whereabouts = new Map<Item, Whereabouts<Item>>();
  #rows = 0;
  #firstRows = 0;
  #order = 0;
  #nowMs = -Infinity;

  constructor({ ageingMs }: { readonly ageingMs: number }) {
    this.#ageingMs = ageingMs;
  }

  get size(): number {
    return this.#whereabouts.size;
  }

  get rows(): number {
    return this.#rows;
  }

  push(item: Item, nowMs: number): void {
    this.#tick(nowMs);
    const lane = this.#lanes.get(item.lane) ?? new Lane<Item>(item.lane);
    const share = lane.shares.get(item.bucket) ?? new LaneShare(lane);
    const [inLane, inShare] = [lane.items.append(item), share.items.append(item)];
    this.#whereabouts.set(item, { kind: 'lane', share, inLane, inShare });
    this.#count(item, item.rows);
    if (!this.#lanes.has(item.lane)) {
      this.#lanes.set(item.lane, lane);
      this.#place(lane);
    }
    if (!lane.shares.has(item.bucket)) {
      lane.shares.set(item.bucket, share);
      this.#bucket(item.bucket).push(share);
    }
  }

  /** For what failed through no fault of its own: before all others, behind those that were put there before. */
  pushFirst(item: Item): void {
    this.#whereabouts.set(item, { kind: 'first', link: this.#first.append(item) });
    this.#firstRows += item.rows;
    this.#count(item, item.rows);
  }

  /** Takes `item` out before its turn; false when it is no longer here. Its lane keeps its place. */
  remove(item: Item): boolean {
    const place = this.#whereabouts.get(item);
    if (place === undefined) return false;
    this.#take(item);
    if (place.kind === 'lane') {
      const { lane } = place.share;
      const oldest = lane.items.first;
      if (oldest !== undefined) this.#line(lane.level).setRows(lane, oldest.value.rows);
    }
    return true;
  }

  /** Empties the queue; lanes in turn, each with all that it has. */
  takeAll(): Item[] {
    const items: Item[] = [];
    for (let head = this.head(); head !== undefined; head = this.head()) {
      const all = this.#isFirst(head) ? [head] : [...(this.#lanes.get(head.lane)?.items ?? [])];
      for (const item of all) this.#take(item);
      items.push(...all);
    }
    return items;
  }

  /** Whose turn it is. */
  head(): Item | undefined {
    return this.#first.first?.value ?? this.#nextLane()?.items.first?.value;
  }

  /**
   * Takes the head, and in turn others of its bucket that `mayJoin`, up to `rowsMax` rows in all (the head always, even
   * if it is larger): one item of each lane first; what room is left is filled with more items of the same lanes.
   */
  takeBatch(rowsMax: number, nowMs: number, mayJoin: (item: Item) => boolean = () => true): Item[] {
    this.#tick(nowMs);
    const head = this.head();
    if (head === undefined) return [];
    const filling = { taken: [], served: new Set<Lane<Item>>(), bucket: head.bucket, rowsLeft: rowsMax, passedOver: 0 };
    this.#join(filling, head);
    this.#fillFromFirst(filling, mayJoin);
    this.#fillFromLanes(filling, mayJoin);
    for (const lane of filling.served) {
      if (lane.items.first === undefined) continue;
      this.#line(lane.level).remove(lane);
      this.#place(lane);
    }
    return filling.taken;
  }

  rowsOfBucket(bucket: string): number {
    return this.#bucketRows.get(bucket) ?? 0;
  }

  /** Rows that go before a newcomer of this level: of each lane only those of its next item. */
  rowsAhead(level: number, nowMs: number): number {
    this.#tick(nowMs);
    let rows = this.#firstRows;
    this.#lines.forEach((line, at) => {
      rows += line.rowsUntil(this.#nowMs + (level - 1 - at) * this.#ageingMs);
    });
    return rows;
  }

  #tick(nowMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, nowMs);
  }

  #fillFromFirst(filling: Filling<Item>, mayJoin: (item: Item) => boolean): void {
    for (const item of this.#first) {
      if (filling.rowsLeft <= 0 || filling.passedOver >= passedOverMax) return;
      if (item.bucket === filling.bucket && item.rows <= filling.rowsLeft && mayJoin(item)) this.#join(filling, item);
      else filling.passedOver++;
    }
  }

  #fillFromLanes(filling: Filling<Item>, mayJoin: (item: Item) => boolean): void {
    const lanes = this.#buckets.get(filling.bucket);
    if (lanes === undefined) return;
    const seen: LaneShare<Item>[] = [];
    let joining: LaneShare<Item>[] = [];
    const tryNext = (share: LaneShare<Item>): boolean => {
      const item = share.items.first?.value;
      if (item === undefined) return false;
      const joins = item.rows <= filling.rowsLeft && mayJoin(item);
      if (joins) this.#join(filling, item);
      else filling.passedOver++;
      return joins;
    };
    while (filling.rowsLeft > 0 && filling.passedOver < passedOverMax) {
      const share = lanes.pop();
      if (share === undefined) break;
      seen.push(share);
      if (filling.served.has(share.lane) || tryNext(share)) joining.push(share);
    }
    while (filling.rowsLeft > 0 && joining.length > 0) {
      joining = joining.filter((share) => filling.rowsLeft > 0 && tryNext(share));
    }
    for (const share of seen) if (share.items.first !== undefined) lanes.push(share);
  }

  #join(filling: Filling<Item>, item: Item): void {
    const place = this.#whereabouts.get(item);
    if (place?.kind === 'lane') filling.served.add(place.share.lane);
    this.#take(item);
    filling.taken.push(item);
    filling.rowsLeft -= item.rows;
  }

  #nextLane(): Lane<Item> | undefined {
    let next: Lane<Item> | undefined;
    for (const line of this.#lines) {
      const lane = line.first;
      if (lane !== undefined && (next === undefined || inTurn(lane, next))) next = lane;
    }
    return next;
  }

  /** A new place for a lane that has none: as if its oldest item came now. */
  #place(lane: Lane<Item>): void {
    const oldest = lane.items.first?.value;
    if (oldest === undefined) return;
    lane.level = oldest.level;
    lane.placedAtMs = this.#nowMs;
    lane.turnMs = lane.placedAtMs + (lane.level - 1) * this.#ageingMs;
    lane.order = this.#order++;
    this.#line(lane.level).append(lane, oldest.rows);
  }

  #line(level: number): PlaceLine<Lane<Item>> {
    while (this.#lines.length < level) this.#lines.push(new PlaceLine());
    return this.#lines[level - 1] ?? new PlaceLine();
  }

  #bucket(bucket: string): BucketLanes<Item> {
    const known = this.#buckets.get(bucket);
    if (known !== undefined) return known;
    const lanes = new BucketLanes<Item>();
    this.#buckets.set(bucket, lanes);
    return lanes;
  }

  #isFirst(item: Item): boolean {
    return this.#whereabouts.get(item)?.kind === 'first';
  }

  /** Out of all indexes. */
  #take(item: Item): void {
    const place = this.#whereabouts.get(item);
    if (place === undefined) return;
    this.#whereabouts.delete(item);
    this.#count(item, -item.rows);
    if (place.kind === 'first') {
      this.#firstRows -= item.rows;
      this.#first.remove(place.link);
      return;
    }
    const { share, inLane, inShare } = place;
    const { lane } = share;
    lane.items.remove(inLane);
    share.items.remove(inShare);
    if (share.items.first === undefined) {
      lane.shares.delete(item.bucket);
      this.#buckets.get(item.bucket)?.remove(share);
    }
    if (lane.items.first !== undefined) return;
    this.#line(lane.level).remove(lane);
    this.#lanes.delete(lane.key);
  }

  #count(item: Item, change: number): void {
    this.#rows += change;
    const rows = this.rowsOfBucket(item.bucket) + change;
    this.#bucketRows.set(item.bucket, rows);
    if (rows > 0) return;
    this.#bucketRows.delete(item.bucket);
    this.#buckets.delete(item.bucket);
  }
}
