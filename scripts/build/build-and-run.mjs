import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';
import { buildAll, root } from './build-all.mjs';
import { nodeOptions } from './node-options.mjs';

/**
 * Builds everything, and goes on as the program `entry` (a TypeScript file of this project), bundled to
 * `dist/<folder>/<name>.js`. One process: a shell between npm and the program would end at a signal and leave it running.
 */
export async function buildAndRun({ entry, folder, name }) {
  process.env.ORT_DISABLE_TELEMETRY = '1'; // before onnxruntime-node loads, here and in what is started here
  const outdir = join('dist', folder);
  const [ms] = await Promise.all([
    buildAll(),
    build({ ...nodeOptions, absWorkingDir: root, entryPoints: { [name]: entry }, outdir }),
  ]);
  await stop(); // esbuild's own process
  if (ms === undefined) process.exitCode = 1;
  else await import(pathToFileURL(join(root, outdir, `${name}.js`)));
}
