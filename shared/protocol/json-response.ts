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
    binarySize === undefined ? `"data":${jsonElements(output)}` : `"parameters":{"binary_data_size":${binarySize}}`;
  return `{${head},${rest}}`;
}

/** Elements flat, in brackets. JSON.stringify of a plain array prints numbers faster than a typed array's own join. */
function jsonElements(output: Tensor): string {
  const { data, datatype } = output;
  if (!ArrayBuffer.isView(data)) return JSON.stringify(data);
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return `[${data.join(',')}]`;
  if (datatype === 'BOOL') return JSON.stringify(Array.from(data, (byte) => byte !== 0));
  if (datatype === 'FP16') return jsonFloats(output, data, numberFromHalf);
  if (datatype === 'FP32' || datatype === 'FP64') return jsonFloats(output, data, (element) => element);
  return JSON.stringify(Array.from(data));
}

function jsonFloats(output: Tensor, data: ArrayLike<number>, toNumber: (element: number) => number): string {
  const numbers = new Array<number>(data.length);
  let negativeZero = false;
  for (let at = 0; at < numbers.length; at++) {
    const value = toNumber(data[at] ?? 0);
    if (!Number.isFinite(value)) throw notJson(output, at, value);
    if (value === 0 && Object.is(value, -0)) negativeZero = true;
    numbers[at] = value;
  }
  if (!negativeZero) return JSON.stringify(numbers);
  return `[${numbers.map((value) => (Object.is(value, -0) ? '-0.0' : String(value))).join(',')}]`; // stringify drops the sign; without the point Python reads the integer 0
}

function notJson(output: Tensor, at: number, value: number): BrinkError {
  return new BrinkError(
    'not-a-number',
    `expected finite numbers for a JSON answer, got ${value} in element ${at} of output ${quoted(output.name)} ${shapeText(output.shape)}: ask for binary_data_output or accept application/msgpack`,
  );
}
