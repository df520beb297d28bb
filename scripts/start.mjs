// `npm start`: looks whether it may start, builds, and goes on as what was built. All in one process: a shell between
// npm and the starter would end at a signal and leave the starter running.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, stop } from 'esbuild';
import { buildAll } from './build/build-all.mjs';

const startedBy = process.ppid;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const args = process.argv.slice(2);

/** Bundled in memory: a start that is refused leaves dist/ to the one that runs from it. */
async function imported(file) {
  const bundle = { bundle: true, write: false, format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' };
  const { outputFiles } = await build({ ...bundle, absWorkingDir: root, entryPoints: [file] });
  const code = Buffer.from(outputFiles[0].contents).toString('base64');
  return import(`data:text/javascript;base64,${code}`);
}

async function built() {
  const ms = await buildAll();
  await stop(); // esbuild's own process
  if (ms === undefined) return false;
  const message = `dist/ is ready after ${ms} ms`;
  if (args.includes('--json-logs')) console.log(JSON.stringify({ event: 'built', message, ms }));
  else console.error(`build: ${message}`);
  return true;
}

const { preflight } = await imported(join('scripts', 'start', 'preflight.ts'));
const verdict = await preflight(args, process.env, root);
if (verdict !== undefined) {
  (verdict.exit === 0 ? process.stdout : process.stderr).write(`${verdict.text}\n`);
  process.exitCode = verdict.exit;
  await stop();
} else if (!(await built())) process.exitCode = 1;
// Started by npm, which was killed while this was building: nobody waits for it any more.
else if (process.env.npm_lifecycle_event === undefined || process.ppid === startedBy) await import('../dist/start.js');
