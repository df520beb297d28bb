import { BrinkError } from '../../../shared/errors/brink-error.js';
import { FieldReader } from '../../../shared/protobuf/field-reader.js';

type Value = string | number | bigint | boolean;

/** A protobuf map of `InferParameter`: entries of no more than are allowed, and how many came. */
export class WireParameters {
  readonly #values = Object.create(null) as Record<string, Value>; // a key may be called __proto__
  readonly #max: number;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** One entry: `key` 1, `value` 2. */
  add(entry: Uint8Array): void {
    this.#count += 1;
    if (this.#count > this.#max) return;
    const fields = new FieldReader(entry, 'a parameter');
    let key = '';
    let value: Value | undefined;
    while (fields.next()) {
      if (fields.field === 1) key = fields.text();
      else if (fields.field === 2) value = valueOf(fields.bytes()) ?? value;
    }
    if (value === undefined) {
      throw new BrinkError('bad-parameter', 'expected every parameter to have a value, got one without');
    }
    this.#values[key] = value;
  }

  /** As an object for the checks that are the same in every protocol; undefined when there is none. */
  object(owner: string): Readonly<Record<string, Value>> | undefined {
    if (this.#count === 0) return undefined;
    if (this.#count <= this.#max) return this.#values;
    throw new BrinkError('bad-parameter', `expected at most ${this.#max} parameters of ${owner}, got ${this.#count}`);
  }
}

/** Of a oneof the last one wins. */
function valueOf(bytes: Uint8Array): Value | undefined {
  const fields = new FieldReader(bytes, 'the value of a parameter');
  let value: Value | undefined;
  while (fields.next()) {
    if (fields.field === 1) value = fields.bool();
    else if (fields.field === 2) value = fields.signed();
    else if (fields.field === 3) value = fields.text();
    else if (fields.field === 4) value = fields.double();
    else if (fields.field === 5) value = fields.unsigned();
  }
  return value;
}
