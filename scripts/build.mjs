// `npm run build`.
import { buildAll } from './build/build-all.mjs';

const ms = await buildAll();
if (ms === undefined) process.exitCode = 1;
else console.error(`build: dist/ is ready after ${ms} ms`);
