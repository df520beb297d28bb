export type Labels = Readonly<Record<string, string>>;

export interface Labelled<Cell> {
  readonly labels: Labels;
  readonly cell: Cell;
}

/**
 * The cells of one metric, one for each set of labels. A cell is looked up when its labels are first met and kept by
 * whoever counts: prom-client's own children build and hash a string of the labels at each observation.
 */
export class CellFamily<Cell> {
  readonly #make: () => Cell;
  readonly #cells = new Map<string, Labelled<Cell>>();

  constructor(make: () => Cell) {
    this.#make = make;
  }

  /** The cell of these labels, made when there is none. */
  at(labels: Labels): Cell {
    const key = keyOf(labels);
    const known = this.#cells.get(key);
    if (known !== undefined) return known.cell;
    const cell = this.#make();
    this.#cells.set(key, { labels, cell });
    return cell;
  }

  drop(labels: Labels): void {
    this.#cells.delete(keyOf(labels));
  }

  clear(): void {
    this.#cells.clear();
  }

  all(): Labelled<Cell>[] {
    return [...this.#cells.values()];
  }
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
