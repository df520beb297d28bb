import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, readFile } from 'node:fs/promises';
import type { Content } from './content.js';
import { PublishError } from '../publish-error.js';

/** What one array holds: Node reads no more at once. */
const arrayBytesMax = 2 ** 31 - 1;
const chunkBytes = 4 * 1024 * 1024;

interface Copied {
  readonly path: string;
  readonly byteLength: number;
  readonly sha256: string;
}

/** A content in a file that nobody else has: too large to be held in memory. */
export class OnDisk implements Content {
  readonly byteLength: number;
  readonly sha256: string;
  readonly #path: string;

  private constructor({ path, byteLength, sha256 }: Copied) {
    this.#path = path;
    this.byteLength = byteLength;
    this.sha256 = sha256;
  }

  /** Copies what the handle reads into a new file, and hashes what it writes there: not what may be read another time. */
  static copyOf(source: Pick<FileHandle, 'read'>, path: string, signal?: AbortSignal): Promise<OnDisk> {
    return OnDisk.written(chunksOf(source, signal), path);
  }

  /** Writes what comes into a new file, and hashes it. */
  static async written(chunks: AsyncIterable<Uint8Array>, path: string): Promise<OnDisk> {
    const hash = createHash('sha256');
    const target = await open(path, 'wx', 0o600);
    try {
      let byteLength = 0;
      for await (const bytes of chunks) {
        hash.update(bytes);
        await writeAll(target, bytes);
        byteLength += bytes.byteLength;
      }
      return new OnDisk({ path, byteLength, sha256: hash.digest('hex') });
    } finally {
      await target.close();
    }
  }

  async bytes(): Promise<Uint8Array> {
    if (this.byteLength <= arrayBytesMax) return readFile(this.#path);
    const text = `expected at most ${arrayBytesMax} bytes to be held in memory at once, got ${this.byteLength}`;
    throw new PublishError('file-too-large', text);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const file = await open(this.#path, 'r');
    try {
      for (let done = 0; done < length;) {
        const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
        if (bytesRead === 0) throw new Error(`expected ${length} bytes from ${offset}, the file has ${offset + done}`);
        done += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  /** Without copying where the file system can share. */
  writeTo(path: string): Promise<void> {
    return copyFile(this.#path, path, constants.COPYFILE_FICLONE);
  }
}

async function* chunksOf(
  source: Pick<FileHandle, 'read'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const chunk = new Uint8Array(chunkBytes);
  for (let at = 0; ;) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(chunk, 0, chunkBytes, at);
    if (bytesRead === 0) return;
    yield chunk.subarray(0, bytesRead);
    at += bytesRead;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) {
    done += (await file.write(bytes, done, bytes.byteLength - done)).bytesWritten;
  }
}
