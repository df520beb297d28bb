/** Something with a place in a line; the line writes down here which. */
export interface Placed {
  /** Never earlier than that of those placed before it. */
  readonly placedAtMs: number;
  lineAt: number;
}

const capacityMin = 16;

/**
 * A line in the order of arrival that any place may leave, and that knows how many rows arrived until a given time: all
 * in logarithmic time. (A Fenwick tree over the places; those that have gone are dropped when the tree is full.)
 */
export class PlaceLine<P extends Placed> {
  #places: (P | undefined)[] = [];
  /** When each place was taken: also of those that have gone, for the search. */
  #placedAtMs: number[] = [];
  #rowsAt: number[] = [];
  #sums = new Float64Array(capacityMin + 1);
  #front = 0;

  get first(): P | undefined {
    while (this.#front < this.#places.length && this.#places[this.#front] === undefined) this.#front++;
    return this.#places[this.#front];
  }

  append(place: P, rows: number): void {
    if (this.#places.length + 1 >= this.#sums.length) this.#rebuild();
    place.lineAt = this.#places.length;
    this.#places.push(place);
    this.#placedAtMs.push(place.placedAtMs);
    this.#rowsAt.push(0);
    this.setRows(place, rows);
  }

  setRows({ lineAt }: P, rows: number): void {
    const change = rows - (this.#rowsAt[lineAt] ?? 0);
    this.#rowsAt[lineAt] = rows;
    for (let at = lineAt + 1; at < this.#sums.length; at += at & -at) this.#sums[at] = (this.#sums[at] ?? 0) + change;
  }

  remove(place: P): void {
    this.setRows(place, 0);
    this.#places[place.lineAt] = undefined;
  }

  /** Rows of the places that were taken at `timeMs` or before. */
  rowsUntil(timeMs: number): number {
    let low = 0;
    let high = this.#placedAtMs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#placedAtMs[middle] ?? 0) <= timeMs) low = middle + 1;
      else high = middle;
    }
    let rows = 0;
    for (let at = low; at > 0; at -= at & -at) rows += this.#sums[at] ?? 0;
    return rows;
  }

  #rebuild(): void {
    const places = this.#places;
    const rowsAt = this.#rowsAt;
    const alive = places.filter((place) => place !== undefined);
    let capacity = capacityMin;
    while (capacity <= 2 * alive.length) capacity *= 2;
    this.#sums = new Float64Array(capacity + 1);
    this.#places = [];
    this.#placedAtMs = [];
    this.#rowsAt = [];
    this.#front = 0;
    for (const place of alive) this.append(place, rowsAt[place.lineAt] ?? 0);
  }
}
