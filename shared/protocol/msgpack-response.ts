import { type Allocate, allocate } from './allocate.js';
import { bytesOfTensor } from './binary-data.js';
import type { InferResponse } from './infer.js';
import { encodeUtf8 } from './utf8.js';

/**
 * A response in msgpack, `data` as bytes. Written by hand and not with msgpackr's Packr, which keeps its growing buffer
 * for ever: one answer of 30 MB would cost an edge isolate that much of its 128 MB until it ends. Here the body is
 * allocated once, at its exact size, and each tensor is copied once, into it.
 */
export function encodeMsgpackResponse(response: InferResponse, memory: Allocate = allocate): Uint8Array {
  const parts: Uint8Array[] = [];
  const outputs = response.outputs.length;
  parts.push(header(map, 2 + Number(response.modelVersion !== '') + Number(response.id !== undefined)));
  pushText(parts, 'model_name', response.modelName);
  if (response.modelVersion !== '') pushText(parts, 'model_version', response.modelVersion);
  if (response.id !== undefined) pushText(parts, 'id', response.id);
  pushText(parts, 'outputs');
  parts.push(header(array, outputs));
  for (const output of response.outputs) {
    parts.push(header(map, 4));
    pushText(parts, 'name', output.name, 'datatype', output.datatype, 'shape');
    parts.push(header(array, output.shape.length), ...output.shape.map((axis) => header(unsigned, axis)));
    const data = bytesOfTensor(output);
    pushText(parts, 'data');
    parts.push(header(binary, data.length), data);
  }
  return concatenated(parts, memory);
}

function pushText(parts: Uint8Array[], ...texts: readonly string[]): void {
  for (const text of texts) {
    const bytes = encodeUtf8(text);
    parts.push(header(string, bytes.length), bytes);
  }
}

/** First bytes of a family of tokens: with the value in the token (up to `inToken`), or in 1, 2 or 4 bytes after it. */
interface Family {
  readonly base: number;
  readonly inToken: number;
  readonly wide1: number | undefined;
  readonly wide2: number;
  readonly wide4: number;
}

const map: Family = { base: 0x80, inToken: 15, wide1: undefined, wide2: 0xde, wide4: 0xdf };
const array: Family = { base: 0x90, inToken: 15, wide1: undefined, wide2: 0xdc, wide4: 0xdd };
const string: Family = { base: 0xa0, inToken: 31, wide1: 0xd9, wide2: 0xda, wide4: 0xdb };
const binary: Family = { base: 0, inToken: -1, wide1: 0xc4, wide2: 0xc5, wide4: 0xc6 };
const unsigned: Family = { base: 0, inToken: 127, wide1: 0xcc, wide2: 0xcd, wide4: 0xce };

/** The shortest token of a family for a value or a length below 2^32, big-endian. */
function header({ base, inToken, wide1, wide2, wide4 }: Family, value: number): Uint8Array {
  if (value <= inToken) return Uint8Array.of(base + value);
  if (wide1 !== undefined && value < 0x100) return Uint8Array.of(wide1, value);
  if (value < 0x10000) return Uint8Array.of(wide2, value >>> 8, value & 0xff);
  return Uint8Array.of(wide4, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

function concatenated(parts: readonly Uint8Array[], memory: Allocate): Uint8Array {
  const bytes = memory(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
