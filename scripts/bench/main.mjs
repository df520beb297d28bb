// `npm run bench:<name>`: builds, and goes on as the benchmark. One process: a shell between npm and the benchmark would
// end at a signal and leave the benchmark running.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';
import { buildAll } from '../build/build-all.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const [name] = process.argv.splice(2, 1); // the benchmark's own arguments are what is left

process.env.ORT_DISABLE_TELEMETRY = '1'; // before onnxruntime-node loads, here and in what is started here
const [ms] = await Promise.all([
  buildAll(), // publishing needs the runner
  build({
    absWorkingDir: root,
    entryPoints: { [name]: `scripts/bench/${name}.ts` },
    outdir: 'dist/bench',
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    sourcemap: true,
    logLevel: 'warning',
  }),
]);
await stop(); // esbuild's own process
if (ms === undefined) process.exitCode = 1;
else await import(pathToFileURL(join(root, 'dist', 'bench', `${name}.js`)));
