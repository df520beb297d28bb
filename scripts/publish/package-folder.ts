import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PublishError } from './publish-error.js';

const sourcePattern = /^npm:((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)\/(.+)$/i;

/**
 * Where the package of `npm:<package>/<path>` is installed: where Node would look from the definition's folder, then
 * from Brink's. By folder and not by `require.resolve`: a package's `exports` say nothing of its model files.
 */
export function packageFolder(
  from: string,
  place: { folder: string; projectRoot: string; what: string },
): { root: string; path: string } {
  const [, name, path] = sourcePattern.exec(from) ?? [];
  if (name === undefined || path === undefined) {
    throw new PublishError('invalid-definition', `${place.what}: expected npm:<package>/<path>, got "${from}"`);
  }
  const folders = [place.folder, place.projectRoot].flatMap(
    (start) => createRequire(join(start, 'from-here.js')).resolve.paths(name) ?? [],
  );
  const found = folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
  if (found !== undefined) return { root: realpathSync(found), path };
  throw new PublishError(
    'unknown-package',
    `${place.what}: the package "${name}" is not installed: npm install ${name}`,
  );
}
