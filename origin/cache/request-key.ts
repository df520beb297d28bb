import { createHash, type Hash } from 'node:crypto';
import type { Target } from '../../shared/engine/engine.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/**
 * One key for all requests that a version must answer alike: its digest and its inputs, in whatever order they came.
 * SHA-256, because whoever could make two requests of one key could have his answer given to another's.
 */
export function requestKey({ digest, manifest }: Target, inputs: readonly Tensor[]): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([digest, manifest.inferGraph]));
  for (const input of [...inputs].sort((a, b) => (a.name < b.name ? -1 : 1))) hashTensor(hash, input);
  return hash.digest('base64');
}

/** Sizes come before contents: no two lists of tensors give the same bytes. */
function hashTensor(hash: Hash, { name, datatype, shape, data }: Tensor): void {
  if (ArrayBuffer.isView(data)) {
    hash.update(JSON.stringify([name, datatype, shape, data.byteLength]));
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return;
  }
  hash.update(JSON.stringify([name, datatype, shape, data.map((text) => text.length)]));
  hash.update(data.join(''), 'utf16le'); // as the strings are: UTF-8 would write all lone surrogates alike
}
