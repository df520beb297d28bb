import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import type { z } from 'zod';
import type { sourceSchema } from '../../models/define.js';
import { blobBytesMax } from '../../shared/manifest/blob-limits.js';
import type { Content } from './content/content.js';
import { InMemory } from './content/in-memory.js';
import { OnDisk } from './content/on-disk.js';
import type { WorkFolder } from './content/work-folder.js';
import { packageFolder } from './package-folder.js';
import { PublishError } from './publish-error.js';

export interface SourcePlace {
  /** The definition's folder: a real path. */
  readonly folder: string;
  /** Where packages are looked for after the folder. */
  readonly projectRoot: string;
  /** Which file of the definition this is, for messages. */
  readonly what: string;
  /** For copies of large files. */
  readonly work: WorkFolder;
  /** What it may have at most; default: what a blob may. */
  readonly bytesMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A larger file is copied and not held. */
export const inMemoryBytesMax = 64 * 1024 * 1024;

/** Reads a source, and refuses what leaves its folder or package, is no regular file, is too large or has another hash. */
export async function resolveSource(source: z.infer<typeof sourceSchema>, place: SourcePlace): Promise<Content> {
  const fromPackage = source.from.startsWith('npm:');
  const { root, path } = fromPackage ? packageFolder(source.from, place) : { root: place.folder, path: source.from };
  const content = await readInside(root, path, { ...place, isPinned: source.sha256 !== undefined });
  const { sha256 } = content;
  if (source.sha256 === undefined && fromPackage) {
    throw new PublishError(
      'sha256-missing',
      `${place.what}: a file of a package needs its sha256; ${source.from} as installed here has "${sha256}"`,
    );
  }
  if (source.sha256 !== undefined && source.sha256 !== sha256) {
    throw new PublishError(
      'sha256-mismatch',
      `${place.what}: expected ${source.from} with sha256 ${source.sha256}, got ${sha256}`,
    );
  }
  return content;
}

interface Reading extends Omit<SourcePlace, 'folder' | 'projectRoot'> {
  /** What is in it is known beforehand. */
  readonly isPinned: boolean;
}

async function readInside(root: string, path: string, reading: Reading): Promise<Content> {
  const { what } = reading;
  const segments = path.split(/[\\/]/);
  if (isAbsolute(path) || segments.includes('..') || path.includes('\0')) {
    throw new PublishError(
      'outside-the-folder',
      `${what}: expected a path inside the folder without "..", got "${path}"`,
    );
  }
  const file = await realpath(join(root, path)).catch((error: unknown) => {
    throw new PublishError('missing-file', `${what}: there is no file "${path}" in ${root}`, { cause: error });
  });
  const inside = relative(root, file);
  if (inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new PublishError('outside-the-folder', `${what}: "${path}" is a link that leaves ${root}`);
  }
  return readRegular(file, path, reading);
}

async function readRegular(file: string, path: string, reading: Reading): Promise<Content> {
  const { what, isPinned, work, bytesMax = blobBytesMax, signal } = reading;
  // Not following: the path is real already, a link here was put there since. Not blocking: it may be a pipe.
  const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new PublishError('not-a-regular-file', `${what}: "${path}" is not a regular file`);
    if (stat.nlink > 1 && !isPinned) {
      // Which of its names was first cannot be told: it may be a file of somebody else's.
      const text = `"${path}" has ${stat.nlink} names (hard links), one of which may be outside the folder`;
      throw new PublishError('not-a-regular-file', `${what}: ${text}: copy it, or give its sha256`);
    }
    if (stat.size > bytesMax) {
      const why =
        bytesMax < blobBytesMax ? 'a graph of the ONNX format has no more' : 'what R2 takes and checks at once';
      const text = `"${path}" has ${stat.size} bytes, a file may have at most ${bytesMax} (${why})`;
      throw new PublishError('file-too-large', `${what}: ${text}: split the weights into external data files`);
    }
    if (stat.size <= inMemoryBytesMax) return new InMemory(await handle.readFile());
    await work.reserve(what, stat.size);
    return await OnDisk.copyOf(handle, await work.newFile(), signal);
  } finally {
    await handle.close();
  }
}
