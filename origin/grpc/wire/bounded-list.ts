import type { BrinkError } from '../../../shared/errors/brink-error.js';

/** A repeated field that is counted to its end and kept up to a limit: 32 MB hold 16 million empty inputs. */
export class BoundedList<T> {
  readonly #kept: T[] = [];
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  add(one: T): void {
    this.#count += 1;
    if (this.#count <= this.#max) this.#kept.push(one);
  }

  /** All that came; throws what `refusal` says when these were too many. */
  all(refusal: (max: number, count: number) => BrinkError): readonly T[] {
    if (this.#count > this.#max) throw refusal(this.#max, this.#count);
    return this.#kept;
  }
}
