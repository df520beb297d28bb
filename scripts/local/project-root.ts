import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of wrangler.toml: the same from a source file, from a test and from a bundle in dist/. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'wrangler.toml'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('expected a wrangler.toml in a folder above this program, found none');
    folder = parent;
  }
  return folder;
}
