// `msgpackr/unpack` and not `msgpackr`: the latter loads a native string reader into Node, which would decode other
// people's bytes with other rules than the edge does.
import { Unpackr } from 'msgpackr/unpack';
import { BrinkError } from '../errors/brink-error.js';
import { dataFromArray } from './array-data.js';
import { checkBytesElements, dataFromBytes } from './binary-data.js';
import type { TensorData } from './datatype.js';
import type { InferRequest } from './infer.js';
import type { Limits } from './limits.js';
import { scanMsgpack } from './msgpack-scan.js';
import { described, quoted } from './quote-text.js';
import { type PendingInput, envelopeOf } from './request-envelope.js';
import type { Signature } from './tensor.js';

const unpackr = new Unpackr({ useRecords: false, mapsAsObjects: true, int64AsType: 'bigint' });

/** Decodes a msgpack body: the fields of the JSON, `data` as bytes or as an array. */
export function decodeMsgpackRequest(bytes: Uint8Array, signature: Signature, limits: Limits): InferRequest {
  scanMsgpack(bytes, limits);
  // a plain Uint8Array, and a fresh one: msgpackr treats a Node Buffer differently, and it marks what it is given
  const value: unknown = unpackr.unpack(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  const { inputs, ...rest } = envelopeOf(value, { signature, limits, bodyBytes: bytes.length });
  const tensors = inputs.map((input) => {
    const { name, datatype, shape } = input.head;
    return { name, datatype, shape, data: msgpackData(input, limits) };
  });
  return { ...rest, inputs: tensors };
}

function msgpackData({ head, data, binarySize }: PendingInput, limits: Limits): TensorData {
  if (binarySize !== undefined) {
    throw new BrinkError(
      'bad-parameter',
      `expected no binary_data_size for input ${quoted(head.name)} in msgpack, where data holds the bytes`,
    );
  }
  if (data instanceof Uint8Array) return dataFromBytes(head, data, limits);
  if (!Array.isArray(data)) {
    throw new BrinkError(
      'invalid-request',
      `expected data of input ${quoted(head.name)} to be bytes or an array, got ${described(data)}`,
    );
  }
  if (head.datatype === 'BYTES') checkBytesElements(head, limits);
  return dataFromArray(head, data as readonly unknown[], { input: head.name, nonFinite: true });
}
