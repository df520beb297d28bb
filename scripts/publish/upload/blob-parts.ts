import { createHash } from 'node:crypto';
import type { BlobRef } from '../../../shared/manifest/manifest.js';
import type { Content } from '../content/content.js';

export interface PartRange {
  readonly offset: number;
  readonly length: number;
}

export interface Part extends BlobRef {
  readonly content: Uint8Array;
}

/** A content in ranges of the same size, the last one smaller. */
export function rangesOf({ byteLength }: Pick<Content, 'byteLength'>, partBytes: number): PartRange[] {
  const count = Math.ceil(byteLength / partBytes);
  return Array.from({ length: count }, (_, index) => {
    const offset = index * partBytes;
    return { offset, length: Math.min(partBytes, byteLength - offset) };
  });
}

export async function readPart(content: Content, { offset, length }: PartRange): Promise<Part> {
  const bytes = await content.read(offset, length);
  return { content: bytes, bytes: length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
