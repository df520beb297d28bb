// `npm run test:interop`: builds the edge and the origin that clients talk to, and goes on as the checks.
import { buildAndRun } from '../build/build-and-run.mjs';

await buildAndRun({ entry: 'scripts/interop/main.ts', folder: 'test', name: 'interop' });
