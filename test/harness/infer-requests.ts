import { binaryBody, msgpackBody } from '../shared/protocol/request-body.js';
import type { WireRequest } from './http-client.js';

/** V2 requests to `doubleModel`, released as `double`: right ones, and wrong ones made of them. */
export const inferPath = '/v2/models/double/infer';

export type Members = Readonly<Record<string, unknown>>;

export const x: Members = { name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] };

export function json(body: unknown, path = inferPath): WireRequest {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return { path, body: text, headers: { 'content-type': 'application/json' } };
}

/** A request of this one input, which is `x` but for these members. */
export const input = (members: Members, path = inferPath): WireRequest =>
  json({ inputs: [{ ...x, ...members }] }, path);

export function msgpack(body: unknown, path = inferPath): WireRequest {
  return { path, body: msgpackBody(body).bytes, headers: { 'content-type': 'application/msgpack' } };
}

/** JSON, then bytes; `headLength` overrides the header that says where one ends and the others begin. */
export function binary(head: unknown, tail: Uint8Array, headLength?: string, path = inferPath): WireRequest {
  const { bytes, inferenceHeaderLength = '' } = binaryBody(head, [tail]);
  const headers = { 'inference-header-content-length': headLength ?? inferenceHeaderLength };
  return { path, body: bytes, headers: { 'content-type': 'application/octet-stream', ...headers } };
}

/** `x` as the binary extension has it. */
export const binaryX = (size: unknown, members: Members = {}): Members => ({
  name: 'x',
  datatype: 'FP32',
  shape: [1, 4],
  parameters: { binary_data_size: size },
  ...members,
});

export const fourFloats = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);

export const goodInfer = json({ inputs: [x] });
