import { closeSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export const logBytesMax = 10_000_000;

/** A server's output on disk: empty at each start, and beside it at most one file of what came before when it was full. */
export class LogFile {
  readonly #path: string;
  readonly #bytesMax: number;
  #file: number;
  #bytes = 0;

  constructor(path: string, bytesMax = logBytesMax) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#path = path;
    this.#bytesMax = bytesMax;
    this.#file = openSync(path, 'w', 0o600);
  }

  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    if (this.#bytes > 0 && this.#bytes + bytes.byteLength > this.#bytesMax) this.#rotate();
    writeSync(this.#file, bytes);
    this.#bytes += bytes.byteLength;
  }

  close(): void {
    closeSync(this.#file);
  }

  #rotate(): void {
    closeSync(this.#file);
    renameSync(this.#path, `${this.#path}.1`);
    this.#file = openSync(this.#path, 'w', 0o600);
    this.#bytes = 0;
  }
}
