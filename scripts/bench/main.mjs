// `npm run bench:<name>`: builds (publishing needs the runner), and goes on as the benchmark.
import { buildAndRun } from '../build/build-and-run.mjs';

const [name] = process.argv.splice(2, 1); // the benchmark's own arguments are what is left
await buildAndRun({ entry: `scripts/bench/${name}.ts`, folder: 'bench', name });
