import { BrinkError } from '../errors/brink-error.js';
import { checkBytesElements, dataFromBytes } from './binary-data.js';
import type { TensorData } from './datatype.js';
import type { InferRequest } from './infer.js';
import { parseJsonBody } from './json-body.js';
import { dataFromJson, exactParameter } from './json-data.js';
import { JsonPlaces } from './json-places.js';
import type { Limits } from './limits.js';
import { described, quoted } from './quote-text.js';
import { type PendingInput, envelopeOf } from './request-envelope.js';
import type { Signature } from './tensor.js';

/** Decodes a body that is JSON alone. */
export function decodeJsonRequest(bytes: Uint8Array, signature: Signature, limits: Limits): InferRequest {
  return decodeWithTail(bytes, undefined, signature, limits);
}

/** Decodes JSON of `headLength` bytes followed by the bytes of the inputs that say `binary_data_size`, in order. */
export function decodeBinaryRequest(
  bytes: Uint8Array,
  headLength: number,
  signature: Signature,
  limits: Limits,
): InferRequest {
  return decodeWithTail(bytes.subarray(0, headLength), bytes.subarray(headLength), signature, limits);
}

function decodeWithTail(
  json: Uint8Array,
  tail: Uint8Array | undefined,
  signature: Signature,
  limits: Limits,
): InferRequest {
  const { value, text } = parseJsonBody(json, limits);
  const bodyBytes = json.length + (tail?.length ?? 0);
  const places = new JsonPlaces(text);
  const exactNumber = (path: readonly (string | number)[]): number | bigint => exactParameter(places, path);
  const { inputs, ...rest } = envelopeOf(value, { signature, limits, bodyBytes, exactNumber });
  if (tail !== undefined) checkTail(inputs, tail);
  let at = 0;
  const tensors = inputs.map((input) => {
    const { name, datatype, shape } = input.head;
    if (input.binarySize === undefined) return { name, datatype, shape, data: jsonData(input, places, limits) };
    const bytes = binaryPart(input, tail, at);
    at += bytes.length;
    return { name, datatype, shape, data: dataFromBytes(input.head, bytes, limits) };
  });
  return { ...rest, inputs: tensors };
}

function jsonData({ head, data, position }: PendingInput, places: JsonPlaces, limits: Limits): TensorData {
  if (!Array.isArray(data)) {
    throw new BrinkError(
      'invalid-request',
      `expected data of input ${quoted(head.name)} to be an array, got ${described(data)}`,
    );
  }
  if (head.datatype === 'BYTES') checkBytesElements(head, limits);
  return dataFromJson(head, data as readonly unknown[], places, position);
}

function binaryPart(
  { head, data, binarySize = 0 }: PendingInput,
  tail: Uint8Array | undefined,
  at: number,
): Uint8Array {
  if (tail === undefined) {
    throw new BrinkError(
      'bad-header',
      `expected an Inference-Header-Content-Length header with binary_data_size of input ${quoted(head.name)}, got none`,
    );
  }
  if (data !== undefined) {
    throw new BrinkError(
      'malformed-binary',
      `expected data or binary_data_size for input ${quoted(head.name)}, got both`,
    );
  }
  return tail.subarray(at, at + binarySize);
}

/** The sizes must add up exactly, or the bytes of one tensor would be taken for another's. */
function checkTail(inputs: readonly PendingInput[], tail: Uint8Array): void {
  const expected = inputs.reduce((sum, { binarySize = 0 }) => sum + binarySize, 0);
  if (expected === tail.length) return;
  throw new BrinkError(
    'malformed-binary',
    `expected ${expected} bytes of binary tensors after the JSON, got ${tail.length}`,
  );
}
