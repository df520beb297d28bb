import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LeaseSources } from '../../shared/release/leases.js';
import { releaseSchema } from '../../shared/release/release.js';
import type { EdgeClient } from './edge-client.js';

/**
 * Where the origin gets its leases: the control plane through the edge's artifact route, and its own disk for a start
 * without it. One process, so nothing is shared; what was last granted is written down when its epoch is new.
 */
export function originLeaseSources(edge: EdgeClient, cacheDir: string): LeaseSources {
  const folder = join(cacheDir, 'releases');
  const written = new Map<string, number>();
  return {
    ask: (model, signal) => edge.lease(model, signal),
    shared: () => Promise.resolve(undefined),
    async share(model, copy) {
      if (written.get(model) === copy.release.epoch) return;
      await mkdir(folder, { recursive: true });
      const path = join(folder, `${model}.json`);
      await writeFile(`${path}.new`, JSON.stringify(copy.release));
      await rename(`${path}.new`, path);
      written.set(model, copy.release.epoch);
    },
    async lastResort(model) {
      const text = await readFile(join(folder, `${model}.json`), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : releaseSchema.parse(JSON.parse(text));
    },
  };
}
