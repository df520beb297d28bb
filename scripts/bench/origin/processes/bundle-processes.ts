import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { nodeOptions } from '../../../build/node-options.mjs';
import { projectRoot } from '../../../local/project-root.js';

const folderOfSources = 'scripts/bench/origin/processes';
const scripts = ['bare-loop', 'burner', 'rival-server'] as const;
export type BenchScript = (typeof scripts)[number];

/**
 * Bundles the benchmark's other processes; answers where each lies. Below dist/, where they find the packages, in a folder
 * of this process's own that goes when it does.
 */
export async function bundleProcesses(): Promise<(script: BenchScript) => string> {
  const root = projectRoot();
  const outdir = join(root, 'dist', `bench-origin-${process.pid}`);
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  await build({
    ...nodeOptions,
    absWorkingDir: root,
    entryPoints: scripts.map((script) => `${folderOfSources}/${script}.ts`),
    outdir,
  });
  return (script) => join(outdir, `${script}.js`);
}
