// `npm run test:interop`: builds, and goes on as what was built.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, stop } from 'esbuild';
import { buildAll } from '../build/build-all.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

process.env.ORT_DISABLE_TELEMETRY = '1'; // before onnxruntime-node loads, here and in what is started here
const [ms] = await Promise.all([
  buildAll(), // the edge and the origin that clients talk to
  build({
    absWorkingDir: root,
    entryPoints: { interop: 'scripts/interop/main.ts' },
    outdir: 'dist/test',
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
else await import(pathToFileURL(join(root, 'dist', 'test', 'interop.js')));
