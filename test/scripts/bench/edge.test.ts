import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../../scripts/bench/bench-report.js';
import { projectRoot } from '../../../scripts/local/project-root.js';

const root = projectRoot();
// Below dist/, where it finds the packages and the origin's runner; of its own, because others use what is in dist/.
const folder = join(root, 'dist', `bench-test-${process.pid}`);
const scratch = mkdtempSync(join(tmpdir(), 'brink-bench-test-'));

beforeAll(async () => {
  const bundle = { bundle: true, format: 'esm', platform: 'node', packages: 'external' } as const;
  await build({ ...bundle, absWorkingDir: root, entryPoints: ['scripts/bench/edge.ts'], outdir: folder });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it left in its folder for temporary files. */
  readonly left: readonly string[];
}

async function bench(args: readonly string[], stopAt?: string): Promise<Ended> {
  const temporary = join(scratch, String(readdirSync(scratch).length));
  mkdirSync(temporary);
  const child = spawn(process.execPath, [join(folder, 'edge.js'), ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stopAt !== undefined && chunk.toString().includes(stopAt)) child.kill('SIGTERM');
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { exit, stdout, stderr, left: readdirSync(temporary) };
}

describe('npm run bench:edge', () => {
  it('prints one object and nothing else with --json, with checked answers on real models', async () => {
    const { exit, stdout, stderr, left } = await bench(['--json', '--samples', '1']);
    expect([exit, left], stderr).toEqual([0, []]);
    expect(stdout.trimEnd()).not.toContain('\n');
    const report = JSON.parse(stdout) as BenchReport;
    expect(report.bench).toBe('edge');
    const steps = ['raw-run', 'host-call', 'http-binary', 'http-msgpack', 'http-json', 'http-empty'];
    const cold = ['wasm-start', 'fetch-from-r2', 'fetch-from-cache', 'create-session', 'first-run', 'first-request'];
    const all = [...steps, 'binary-minus-empty', ...cold.map((part) => `cold-${part}`)];
    expect(report.rows.map(({ model, step }) => `${model} ${step}`)).toEqual(
      ['ocr-line', 'orientation'].flatMap((model) => all.map((step) => `${model} ${step}`)),
    );
    expect(report.aims.map(({ name, compare }) => [name.split(':')[0], compare])).toEqual([
      ['ocr-line', '<='],
      ['orientation', '<='],
    ]);
    for (const row of report.rows) expect(row['samples']).toBeLessThanOrEqual(1);
  });

  it('ends all that it started when it is stopped', async () => {
    const { exit, stdout, left } = await bench([], 'ocr-line, warm');
    expect([exit, stdout, left]).toEqual([143, '', []]);
  });

  it('says what it takes, and refuses what it does not', async () => {
    expect(await bench(['--help'])).toMatchObject({ exit: 0, stdout: expect.stringContaining('--quick') as string });
    expect(await bench(['--fast'])).toMatchObject({ exit: 2, stdout: '' });
  });
});
