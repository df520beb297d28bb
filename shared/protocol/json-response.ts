import { BrinkError } from '../errors/brink-error.js';
import { numberFromHalf } from './fp16.js';
import type { InferResponse } from './infer.js';
import { quoted, shapeText } from './quote-text.js';
import type { Tensor } from './tensor.js';

/** The JSON of a response. Outputs that `binary` names get a `binary_data_size` of so many bytes instead of data. */
export function jsonOfResponse(response: InferResponse, binarySizes: ReadonlyMap<Tensor, number>): string {
  const members = [`"model_name":${JSON.stringify(response.modelName)}`];
  if (response.modelVersion !== '') members.push(`"model_version":${JSON.stringify(response.modelVersion)}`);
  if (response.id !== undefined) members.push(`"id":${JSON.stringify(response.id)}`);
  const outputs = response.outputs.map((output) => jsonOfOutput(output, binarySizes.get(output)));
  return `{${members.join(',')},"outputs":[${outputs.join(',')}]}`;
}

function jsonOfOutput(output: Tensor, binarySize: number | undefined): string {
  const head = `"name":${JSON.stringify(output.name)},"datatype":"${output.datatype}","shape":[${output.shape.join(',')}]`;
  const rest =
    binarySize === undefined ? `"data":[${jsonElements(output)}]` : `"parameters":{"binary_data_size":${binarySize}}`;
  return `{${head},${rest}}`;
}

/** Elements flat, separated by commas. A typed array's own `join` is the fastest printer of exact numbers there is. */
function jsonElements(output: Tensor): string {
  const { data, datatype } = output;
  if (!ArrayBuffer.isView(data)) return data.map((text) => JSON.stringify(text)).join(',');
  if (datatype === 'BOOL') return Array.from(data as Uint8Array, (byte) => (byte === 0 ? 'false' : 'true')).join(',');
  if (datatype === 'FP16') return joinFloats(output, numbersFromHalves(data as Uint16Array));
  if (datatype === 'FP32' || datatype === 'FP64') return joinFloats(output, data as Float32Array | Float64Array);
  return data.join(',');
}

function numbersFromHalves(halves: Uint16Array): Float32Array {
  const numbers = new Float32Array(halves.length);
  for (let at = 0; at < halves.length; at++) numbers[at] = numberFromHalf(halves[at] ?? 0);
  return numbers;
}

function joinFloats(output: Tensor, numbers: Float32Array | Float64Array): string {
  let negativeZero = false;
  for (let at = 0; at < numbers.length; at++) {
    const value = numbers[at] ?? 0;
    if (value - value !== 0) throw notJson(output, at, value); // NaN and the infinities
    if (value === 0 && Object.is(value, -0)) negativeZero = true;
  }
  if (!negativeZero) return numbers.join(',');
  return Array.from(numbers, (value) => (Object.is(value, -0) ? '-0' : String(value))).join(',');
}

function notJson(output: Tensor, at: number, value: number): BrinkError {
  return new BrinkError(
    'not-a-number',
    `expected finite numbers for a JSON answer, got ${value} in element ${at} of output ${quoted(output.name)} ${shapeText(output.shape)}: ask for binary_data_output or accept application/msgpack`,
  );
}
