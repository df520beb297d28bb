import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Content } from './content.js';

/** A content that is in memory already. The bytes are not copied: whoever gives them leaves them alone. */
export class InMemory implements Content {
  readonly sha256: string;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.sha256 = createHash('sha256').update(bytes).digest('hex');
  }

  get byteLength(): number {
    return this.#bytes.byteLength;
  }

  bytes(): Promise<Uint8Array> {
    return Promise.resolve(this.#bytes);
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return Promise.resolve(this.#bytes.subarray(offset, offset + length));
  }

  writeTo(path: string): Promise<void> {
    return writeFile(path, this.#bytes);
  }
}
