import { passedOverMax, type QueueItem } from '../../../../origin/engine/queue/turn-queue.js';

interface NaiveLane<Item> {
  readonly key: object;
  readonly items: Item[];
  level: number;
  placedAtMs: number;
  order: number;
}

/** What the turn queue does, said as plainly as possible: every operation looks at everything. */
export class NaiveQueue<Item extends QueueItem> {
  readonly #ageingMs: number;
  #first: Item[] = [];
  #lanes: NaiveLane<Item>[] = [];
  #order = 0;

  constructor(ageingMs: number) {
    this.#ageingMs = ageingMs;
  }

  get all(): Item[] {
    return [...this.#first, ...this.#lanes.flatMap(({ items }) => items)];
  }

  push(item: Item, nowMs: number): void {
    const lane = this.#lanes.find(({ key }) => key === item.lane);
    if (lane !== undefined) {
      lane.items.push(item);
      return;
    }
    const { level } = item;
    this.#lanes.push({ key: item.lane, items: [item], level, placedAtMs: nowMs, order: this.#order++ });
  }

  pushFirst(item: Item): void {
    this.#first.push(item);
  }

  remove(item: Item): boolean {
    const was = this.all.length;
    this.#first = this.#first.filter((one) => one !== item);
    for (const lane of this.#lanes)
      lane.items.splice(0, lane.items.length, ...lane.items.filter((one) => one !== item));
    this.#lanes = this.#lanes.filter(({ items }) => items.length > 0);
    return this.all.length < was;
  }

  head(): Item | undefined {
    return this.#first[0] ?? this.#inTurn()[0]?.items[0];
  }

  takeBatch(rowsMax: number, nowMs: number, mayJoin: (item: Item) => boolean): Item[] {
    const head = this.head();
    if (head === undefined) return [];
    const lanes = this.#inTurn();
    const taken: Item[] = [head];
    const laneOf = new Map(lanes.flatMap((lane) => lane.items.map((item) => [item, lane] as const)));
    const servedLanes = (): Set<NaiveLane<Item>> =>
      new Set(taken.map((one) => laneOf.get(one)).filter((x) => x !== undefined));
    let passedOver = 0;
    const roomLeft = (): number => rowsMax - taken.reduce((sum, { rows }) => sum + rows, 0);
    const tryIt = (item: Item): boolean => {
      const joins = item.rows <= roomLeft() && mayJoin(item);
      if (joins) taken.push(item);
      else passedOver++;
      return joins;
    };
    const going = (): boolean => roomLeft() > 0 && passedOver < passedOverMax;
    for (const item of this.#first.slice(taken[0] === this.#first[0] ? 1 : 0)) {
      if (!going()) break;
      if (item.bucket === head.bucket) tryIt(item);
      else passedOver++;
    }
    const nextOf = (lane: NaiveLane<Item>): Item | undefined =>
      lane.items.find((item) => item.bucket === head.bucket && !taken.includes(item));
    const headLane = laneOf.get(head);
    let joining: NaiveLane<Item>[] = [];
    for (const lane of lanes) {
      const next = nextOf(lane);
      if (!going()) break;
      if (lane === headLane || (next !== undefined && tryIt(next))) joining.push(lane);
    }
    while (joining.length > 0 && roomLeft() > 0) {
      joining = joining.filter((lane) => {
        const next = nextOf(lane);
        return roomLeft() > 0 && next !== undefined && tryIt(next);
      });
    }
    const served = servedLanes();
    for (const item of taken) this.remove(item);
    for (const lane of served) {
      const [oldest] = lane.items;
      if (oldest !== undefined) Object.assign(lane, { level: oldest.level, placedAtMs: nowMs, order: this.#order++ });
    }
    return taken;
  }

  rowsAhead(level: number, nowMs: number): number {
    const turnMs = nowMs + (level - 1) * this.#ageingMs;
    const ahead = this.#lanes.filter((lane) => this.#turnMs(lane) <= turnMs).map(({ items }) => items[0]!);
    return [...this.#first, ...ahead].reduce((sum, { rows }) => sum + rows, 0);
  }

  #turnMs({ level, placedAtMs }: NaiveLane<Item>): number {
    return placedAtMs + (level - 1) * this.#ageingMs;
  }

  #inTurn(): NaiveLane<Item>[] {
    return this.#lanes.toSorted((a, b) => this.#turnMs(a) - this.#turnMs(b) || a.order - b.order);
  }
}
