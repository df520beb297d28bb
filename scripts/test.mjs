// `npm test`: everything that must hold, in one command. Stops at the first stage that fails.
//   node scripts/test.mjs [--only format,lint,types,suites] [vitest arguments…]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = (name) => join('node_modules', '.bin', name);
const [flag, only, ...afterOnly] = process.argv.slice(2);
const [wanted, rest] = flag === '--only' ? [only.split(','), afterOnly] : [undefined, process.argv.slice(2)];

const stages = [
  { name: 'format', command: [bin('prettier'), '--check', '--log-level', 'warn', '.'] },
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json', '--noEmit'] },
  { name: 'lint', command: [bin('eslint'), '.', '--max-warnings', '0'] },
  { name: 'build', command: [process.execPath, 'scripts/build.mjs'] },
  { name: 'suites', command: [bin('vitest'), 'run', ...rest] },
];

const home = mkdtempSync(join(tmpdir(), 'brink-test-'));
const env = {
  ...process.env,
  ORT_DISABLE_TELEMETRY: '1', // before onnxruntime-node loads, in every process
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  TMPDIR: home, // what tests leave lying about goes with it
};
try {
  for (const { name, command } of stages) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const startedAt = Date.now();
    const [program, ...args] = command;
    const { status } = spawnSync(program, args, { stdio: 'inherit', env });
    if (status !== 0) {
      console.error(`\n${name}: failed`);
      process.exitCode = status ?? 1;
      break;
    }
    console.log(`${name}: ok (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
