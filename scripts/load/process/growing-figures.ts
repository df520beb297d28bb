const firstLength = 4_096;

/** Figures one after the other, eight bytes each: a run may have millions. */
export class GrowingFigures {
  #figures = new Float64Array(firstLength);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(figure: number): void {
    if (this.#length === this.#figures.length) {
      const wider = new Float64Array(2 * this.#length);
      wider.set(this.#figures);
      this.#figures = wider;
    }
    this.#figures[this.#length] = figure;
    this.#length += 1;
  }

  /** In ascending order; what is pushed afterwards is not in it. */
  sorted(): Float64Array {
    return this.#figures.slice(0, this.#length).sort();
  }
}
