import { extname } from 'node:path';
import { UsageError } from './usage-error.js';

const byEnding: Readonly<Record<string, string>> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.wav': 'audio/wav',
  '.json': 'application/json',
  '.txt': 'text/plain',
};

/** The media type that a file's ending says. */
export function contentTypeOf(file: string): string {
  const type = byEnding[extname(file).toLowerCase()];
  if (type !== undefined) return type;
  const what = file === '-' ? 'standard input has no ending' : `the ending of ${file} says nothing`;
  throw new UsageError(`${what} (known: ${Object.keys(byEnding).join(' ')}): say what it is with --content-type`);
}
