import { FieldReader, readVarint, signedOf, wireTypes } from '../../../shared/protobuf/field-reader.js';
import type { GraphBudget } from './graph-limits.js';
import { refusedGraph } from './refused-graph.js';

/**
 * The fields of one message of onnx.proto. A field that may come once and comes twice is refused: parsers differ in what
 * they make of it (protobuf merges messages, the last scalar wins), and what we check must be what onnxruntime reads.
 */
export class MessageFields extends FieldReader {
  readonly #what: string;
  readonly #budget: GraphBudget;
  readonly #seen = new Set<number>();

  /** `what` is the message's name in onnx.proto. */
  constructor(bytes: Uint8Array, what: string, budget: GraphBudget) {
    super(bytes, `a ${what}`);
    this.#what = what;
    this.#budget = budget;
  }

  once(): this {
    if (this.#seen.has(this.field)) throw refusedGraph(`field ${this.field} of a ${this.#what} once, got it twice`);
    this.#seen.add(this.field);
    return this;
  }

  /** Text that counts towards the texts of the file. */
  countedText(): string {
    this.#budget.spend('textBytes', this.end - this.start);
    return this.text();
  }

  /** Adds the integers of a repeated field, packed or not, as long as there are fewer than `max`. Answers how many came. */
  integers(into: (number | bigint)[], max: number): number {
    if (this.wire !== wireTypes.bytes) {
      if (into.length < max) into.push(this.signed());
      else this.expect(wireTypes.varint);
      return 1;
    }
    const bytes = this.view();
    const halves = { low: 0, high: 0 };
    let count = 0;
    for (let at = 0; at < bytes.length; count += 1) {
      at = readVarint(bytes, at, halves);
      if (at === -1) throw refusedGraph(`whole varints in field ${this.field} of a ${this.#what}, got a part of one`);
      if (into.length < max) into.push(signedOf(halves.low, halves.high));
    }
    return count;
  }

  /** How many numbers of a fixed width this field adds, packed or not. */
  fixed(wire: number, width: number): number {
    if (this.wire === wire) return 1;
    const { length } = this.bytes();
    if (length % width === 0) return length / width;
    throw refusedGraph(`a multiple of ${width} bytes in field ${this.field} of a ${this.#what}, got ${length}`);
  }
}
