import { readFile } from 'node:fs/promises';
import { UsageError } from './usage-error.js';

/** A file's bytes, or a UsageError that says what is wrong with it. */
export async function readInput(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : (code ?? 'it cannot be read');
    throw new UsageError(`cannot read ${file}: ${why}`, { cause: error });
  });
}
