import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { nodeOptions } from './node-options.mjs';
import { recordOrtSnapshot } from './ort-snapshot.mjs';
import { workerOptions } from './worker-options.mjs';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Output under dist/ (without .js) → source. */
const nodeEntries = {
  'origin/main': 'origin/main.ts',
  'origin/runner': 'origin/runner/main.ts',
  'origin/handler-worker': 'origin/handlers/worker.ts',
  brink: 'scripts/brink.ts',
  start: 'scripts/start.ts',
  'edge-dev': 'scripts/edge-dev.ts',
  'load/main': 'scripts/load/process/main.ts',
  'load/timer-thread': 'scripts/load/process/timer-thread.ts',
};

/**
 * Bundles everything with esbuild: dist/edge (the Worker and its wasm), dist/edge-trial (what graphs are tried in) and one file for each Node process. Answers how
 * many milliseconds that took, or undefined when it failed; esbuild has then said why on standard error.
 */
export async function buildAll() {
  const startedAt = performance.now();
  try {
    await recordOrtSnapshot();
    await Promise.all([
      build({
        ...workerOptions,
        absWorkingDir: root,
        entryPoints: { worker: 'edge/worker.ts' },
        outdir: 'dist/edge',
      }),
      build({
        ...workerOptions,
        absWorkingDir: root,
        entryPoints: { worker: 'scripts/trial/worker/worker.ts' },
        outdir: 'dist/edge-trial',
      }),
      build({ ...nodeOptions, absWorkingDir: root, entryPoints: nodeEntries, outdir: 'dist' }),
    ]);
    return Math.round(performance.now() - startedAt);
  } catch {
    return undefined;
  }
}
