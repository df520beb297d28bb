import { pack } from 'msgpackr';
import type { WireBody } from '../../../shared/protocol/codec.js';
import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import { numberFromHalf } from '../../../shared/protocol/fp16.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';

/** Request bodies as a client writes them, and small things that the codec's tests share. */

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

export function jsonBody(value: unknown): WireBody {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return { contentType: 'application/json', inferenceHeaderLength: undefined, bytes: utf8(text) };
}

export function msgpackBody(value: unknown): WireBody {
  const bytes = value instanceof Uint8Array ? value : Uint8Array.from(pack(value));
  return { contentType: 'application/msgpack', inferenceHeaderLength: undefined, bytes };
}

/** JSON followed by the parts. `shift` puts the body at an odd address, as HTTP libraries do. */
export function binaryBody(json: unknown, parts: readonly Uint8Array[], shift = 0): WireBody {
  const head = utf8(typeof json === 'string' ? json : JSON.stringify(json));
  const size = parts.reduce((sum, part) => sum + part.length, head.length);
  const bytes = new Uint8Array(new ArrayBuffer(size + shift), shift);
  bytes.set(head);
  let at = head.length;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { contentType: 'application/octet-stream', inferenceHeaderLength: String(head.length), bytes };
}

export const rawBody = (bytes: Uint8Array): WireBody => ({
  contentType: 'application/octet-stream',
  inferenceHeaderLength: '0',
  bytes,
});

/** A signature whose inputs are the tensors', every axis dynamic, with one output `y`. */
export function signatureOf(tensors: readonly Tensor[]): Signature {
  return {
    inputs: tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(() => -1) })),
    outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
  };
}

const head = ({ name, datatype, shape }: Tensor): object => ({ name, datatype, shape });

export function requestInBinary(tensors: readonly Tensor[], shift = 0): WireBody {
  const parts = tensors.map(bytesOfTensor);
  const inputs = tensors.map((tensor, at) => ({
    ...head(tensor),
    parameters: { binary_data_size: parts[at]!.length },
  }));
  return binaryBody({ inputs }, parts, shift);
}

export function requestInMsgpack(tensors: readonly Tensor[]): WireBody {
  return msgpackBody({ inputs: tensors.map((tensor) => ({ ...head(tensor), data: bytesOfTensor(tensor) })) });
}

export function requestInJson(tensors: readonly Tensor[]): WireBody {
  const inputs = tensors.map(
    (tensor) => `${JSON.stringify(head(tensor)).slice(0, -1)},"data":[${elementsInJson(tensor).join(',')}]}`,
  );
  return jsonBody(`{"inputs":[${inputs.join(',')}]}`);
}

export function elementsInJson({ data, datatype }: Tensor): string[] {
  if (!ArrayBuffer.isView(data)) return data.map((text) => JSON.stringify(text));
  return Array.from(data as Iterable<number | bigint>, (element) => {
    if (datatype === 'BOOL') return element === 0 ? 'false' : 'true';
    const value = datatype === 'FP16' ? numberFromHalf(Number(element)) : element;
    return Object.is(value, -0) ? '-0' : String(value);
  });
}
