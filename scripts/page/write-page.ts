import { open, rm, stat, writeFile } from 'node:fs/promises';
import { UsageError } from '../commands/usage-error.js';

/** Writes a page. Throws a UsageError when the file cannot be written. */
export async function writePage(file: string, page: string): Promise<void> {
  await writeFile(file, page).catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? 'it cannot be written';
    throw new UsageError(`cannot write ${file}: ${why}`, { cause: error });
  });
}

/** Throws a UsageError when no file can be written there; leaves none behind. */
export async function checkWritable(file: string): Promise<void> {
  const isThere = await stat(file).then(() => true, () => false); // prettier-ignore
  const handle = await open(file, 'a').catch((error: unknown) => {
    const why = (error as NodeJS.ErrnoException).code ?? 'it cannot be written';
    throw new UsageError(`cannot write ${file}: ${why}`, { cause: error });
  });
  await handle.close();
  if (!isThere) await rm(file, { force: true });
}
