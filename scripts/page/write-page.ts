import { writeFile } from 'node:fs/promises';
import { UsageError } from '../commands/usage-error.js';

/** Writes a page. Throws a UsageError when the file cannot be written. */
export async function writePage(file: string, page: string): Promise<void> {
  await writeFile(file, page).catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? 'it cannot be written';
    throw new UsageError(`cannot write ${file}: ${why}`, { cause: error });
  });
}
