/**
 * What waits for a runner. First in, first out between requests; a request that waits with several runs (a handler that
 * reads fifty lines of a page) is served one run per turn, so that it cannot hold up those that came after it.
 */
export class FairQueue<Item extends { readonly lane: object }> {
  /** In the order of their turns: a lane that was served and has more goes to the end. */
  readonly #lanes = new Map<object, Item[]>();
  /** Items whose run failed through no fault of theirs: before all others. */
  readonly #first: Item[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: Item): void {
    const lane = this.#lanes.get(item.lane);
    if (lane === undefined) this.#lanes.set(item.lane, [item]);
    else lane.push(item);
    this.#size++;
  }

  pushFirst(item: Item): void {
    this.#first.push(item);
    this.#size++;
  }

  take(): Item | undefined {
    const first = this.#first.shift();
    if (first !== undefined) {
      this.#size--;
      return first;
    }
    const next = this.#lanes.entries().next();
    if (next.done === true) return undefined;
    const [key, lane] = next.value;
    const item = lane.shift();
    this.#lanes.delete(key);
    if (lane.length > 0) this.#lanes.set(key, lane);
    this.#size--;
    return item;
  }

  /** Takes `item` out before its turn; false when it is no longer here. */
  remove(item: Item): boolean {
    const lane = this.#lanes.get(item.lane);
    if (!without(this.#first, item) && (lane === undefined || !without(lane, item))) return false;
    if (lane?.length === 0) this.#lanes.delete(item.lane);
    this.#size--;
    return true;
  }

  takeAll(): Item[] {
    const items = [...this.#first.splice(0), ...[...this.#lanes.values()].flat()];
    this.#lanes.clear();
    this.#size = 0;
    return items;
  }
}

function without<T>(items: T[], item: T): boolean {
  const index = items.indexOf(item);
  if (index < 0) return false;
  items.splice(index, 1);
  return true;
}
