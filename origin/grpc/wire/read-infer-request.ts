import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Limits } from '../../../shared/protocol/limits.js';
import { quoted } from '../../../shared/protocol/quote-text.js';
import { BoundedList } from './bounded-list.js';
import { FieldReader, readVarint, signedOf, wireTypes } from '../../../shared/protobuf/field-reader.js';
import { WireParameters } from './wire-parameters.js';

type Parameters = ReturnType<WireParameters['object']>;

export interface WireInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly (number | bigint)[];
  readonly parameters: Parameters;
  /** The `InferTensorContents`, in as many pieces as it came in: usually none or one. */
  readonly contents: readonly Uint8Array[];
}

/** `ModelInferRequest` as it came: nothing of it checked against a signature, tensors not read. */
export interface WireInferRequest {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly id: string | undefined;
  readonly parameters: Parameters;
  readonly inputs: readonly WireInput[];
  readonly outputs: readonly { readonly name: string; readonly parameters: Parameters }[];
  readonly raw: readonly Uint8Array[];
}

/** Reads a `ModelInferRequest`. Bytes are views of `bytes`. Throws `malformed-binary`, and what `limits` refuse. */
export function readInferRequest(bytes: Uint8Array, limits: Limits): WireInferRequest {
  const fields = new FieldReader(bytes, 'a ModelInferRequest');
  let [modelName, modelVersion, id] = ['', '', ''];
  const parameters = new WireParameters(limits.parametersMax);
  const inputs = new BoundedList<Uint8Array>(limits.tensorsMax);
  const outputs = new BoundedList<Uint8Array>(limits.tensorsMax);
  const raw = new BoundedList<Uint8Array>(limits.tensorsMax);
  while (fields.next()) {
    if (fields.field === 1) modelName = fields.text();
    else if (fields.field === 2) modelVersion = fields.text();
    else if (fields.field === 3) id = fields.text();
    else if (fields.field === 4) parameters.add(fields.bytes());
    else if (fields.field === 5) inputs.add(fields.bytes());
    else if (fields.field === 6) outputs.add(fields.bytes());
    else if (fields.field === 7) raw.add(fields.bytes());
  }
  return {
    modelName,
    modelVersion,
    id: id === '' ? undefined : id,
    parameters: parameters.object('the request'),
    inputs: inputs.all(tooMany('inputs')).map((input) => readInput(input, limits)),
    outputs: outputs.all(tooMany('outputs')).map((output) => readOutput(output, limits)),
    raw: raw.all(tooMany('raw_input_contents')),
  };
}

function readInput(bytes: Uint8Array, limits: Limits): WireInput {
  const fields = new FieldReader(bytes, 'an input');
  let [name, datatype] = ['', ''];
  const shape = new BoundedList<number | bigint>(limits.rankMax);
  const parameters = new WireParameters(limits.parametersMax);
  const contents = new BoundedList<Uint8Array>(limits.tensorsMax);
  while (fields.next()) {
    if (fields.field === 1) name = fields.text();
    else if (fields.field === 2) datatype = fields.text();
    else if (fields.field === 3) addAxes(shape, fields);
    else if (fields.field === 4) parameters.add(fields.bytes());
    else if (fields.field === 5) contents.add(fields.bytes());
  }
  return {
    name,
    datatype,
    shape: shape.all(tooManyAxes(name)),
    parameters: parameters.object(`input ${quoted(name)}`),
    contents: contents.all(tooMany('pieces of contents of an input')),
  };
}

function readOutput(bytes: Uint8Array, limits: Limits): { name: string; parameters: Parameters } {
  const fields = new FieldReader(bytes, 'a requested output');
  let name = '';
  const parameters = new WireParameters(limits.parametersMax);
  while (fields.next()) {
    if (fields.field === 1) name = fields.text();
    else if (fields.field === 2) parameters.add(fields.bytes());
  }
  return { name, parameters: parameters.object(`output ${quoted(name)}`) };
}

/** Axes, packed as clients write them, or one by one. */
function addAxes(axes: BoundedList<number | bigint>, fields: FieldReader): void {
  if (fields.wire === wireTypes.varint) {
    axes.add(fields.signed());
    return;
  }
  const packed = fields.bytes();
  const halves = { low: 0, high: 0 };
  let at = 0;
  while (at < packed.length) {
    at = readVarint(packed, at, halves);
    if (at === -1) throw new BrinkError('malformed-binary', 'expected axes as varints of at most 10 bytes, got others');
    axes.add(signedOf(halves.low, halves.high));
  }
}

const tooMany =
  (what: string) =>
  (max: number, count: number): BrinkError =>
    new BrinkError('invalid-request', `expected at most ${max} ${what}, got ${count}`);

const tooManyAxes =
  (input: string) =>
  (max: number, count: number): BrinkError =>
    new BrinkError('wrong-shape', `expected at most ${max} axes for input ${quoted(input)}, got ${count}`);
