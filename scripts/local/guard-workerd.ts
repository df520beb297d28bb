import { createRequire } from 'node:module';
import { join } from 'node:path';

/**
 * Has Miniflare start workerd through `workerd-guard.sh`, so that none is left when this process is killed. Miniflare
 * takes the path of workerd only from the environment of this process.
 */
export function guardWorkerd(root: string): void {
  if (process.platform === 'win32' || process.env['MINIFLARE_WORKERD_PATH'] !== undefined) return;
  const require = createRequire(createRequire(import.meta.url).resolve('miniflare'));
  const { default: workerd } = require('workerd') as { default: string };
  process.env['BRINK_WORKERD'] = workerd;
  process.env['MINIFLARE_WORKERD_PATH'] = join(root, 'scripts', 'local', 'workerd-guard.sh');
}
