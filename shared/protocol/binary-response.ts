import { type Allocate, allocate } from './allocate.js';
import { bytesOfTensor } from './binary-data.js';
import type { InferResponse } from './infer.js';
import { jsonOfResponse } from './json-response.js';
import type { Tensor } from './tensor.js';
import { encodeUtf8 } from './utf8.js';

/** JSON, then the bytes of every binary output in order. Each tensor is copied once, into the body. */
export function encodeBinaryResponse(
  response: InferResponse,
  isBinary: (name: string) => boolean,
  memory: Allocate = allocate,
): { bytes: Uint8Array; headLength: number } {
  const parts = new Map<Tensor, Uint8Array>();
  for (const output of response.outputs) if (isBinary(output.name)) parts.set(output, bytesOfTensor(output));
  const sizes = new Map([...parts].map(([output, part]) => [output, part.length]));
  const head = encodeUtf8(jsonOfResponse(response, sizes));
  let at = head.length;
  const bytes = memory([...sizes.values()].reduce((sum, size) => sum + size, at));
  bytes.set(head);
  for (const part of parts.values()) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, headLength: head.length };
}
