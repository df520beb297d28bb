import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BenchReport } from '../../../../scripts/bench/bench-report.js';
import { projectRoot } from '../../../../scripts/local/project-root.js';

const root = projectRoot();
// Below dist/, where it finds the packages; of its own, because others use what is in dist/.
const folder = join(root, 'dist', `bench-origin-test-${process.pid}`);
const scratch = mkdtempSync(join(tmpdir(), 'brink-bench-test-'));

beforeAll(async () => {
  const bundle = { bundle: true, format: 'esm', platform: 'node', packages: 'external' } as const;
  await build({ ...bundle, absWorkingDir: root, entryPoints: ['scripts/bench/origin.ts'], outdir: folder });
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

interface Ended {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What it left: in its folder for temporary files, below dist/, and of processes. */
  readonly left: readonly string[];
}

async function bench(args: readonly string[], stopAt?: string): Promise<Ended> {
  const temporary = join(scratch, String(readdirSync(scratch).length));
  mkdirSync(temporary);
  const child = spawn(process.execPath, [join(folder, 'origin.js'), ...args], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stopAt !== undefined && chunk.toString().includes(stopAt)) child.kill('SIGTERM');
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const bundles = readdirSync(join(root, 'dist')).filter((name) => name === `bench-origin-${child.pid}`);
  return { exit, stdout, stderr, left: [...readdirSync(temporary), ...bundles, ...processesOf(temporary)] };
}

/** Whatever runs with this folder for its temporary files. */
function processesOf(temporary: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TMPDIR=${temporary}\0`);
    } catch {
      return false; // another's, or ended since
    }
  });
}

const contestants = ['hono-per-request', 'hono-per-core', 'origin-json', 'origin-binary', 'origin-msgpack'];

describe('npm run bench:origin', () => {
  it('prints one object and nothing else with --json: every contestant, every aim', async () => {
    const { exit, stdout, stderr, left } = await bench(['--json', '--samples', '1', '--models', 'orientation']);
    expect([exit, left], stderr).toEqual([0, []]);
    expect(stdout.trimEnd()).not.toContain('\n');
    const report = JSON.parse(stdout) as BenchReport;
    expect(report.bench).toBe('origin');
    // gRPC is there where the origin has it.
    const rows = report.rows.filter(({ server }) => server !== 'origin-grpc');
    const rowsOf = (step: string) => rows.filter((row) => row['step'] === step);
    expect(rowsOf('alone').map(({ server }) => server)).toEqual(['raw-run', ...contestants]);
    expect(rowsOf('bare batch').map(({ batch }) => batch)).toEqual([1, 2, 4, 8, 16, 32]);
    const closed = rowsOf('closed').map(({ server, connections }) => `${server ?? ''} ${connections ?? ''}`.trim());
    for (const bare of ['bare-loop', 'bare-loop-adjusted']) expect(closed).toContain(bare);
    for (const contestant of contestants) expect(closed).toContain(`${contestant} 32`);
    for (const contestant of ['hono-per-request', 'hono-per-core', 'origin-binary']) {
      for (const connections of [1, 8, 128]) expect(closed).toContain(`${contestant} ${connections}`);
    }
    for (const row of rowsOf('closed')) expect(row['failed'] ?? 0).toBe(0);
    for (const percent of [50, 80, 120]) expect(rowsOf(`open ${percent} %`)).toHaveLength(1);
    expect(rowsOf('headline').map(({ server }) => server)).toEqual(['hono-per-core', 'origin-binary']);
    expect(rowsOf('full batch')).toHaveLength(1);
    expect(rowsOf('event loop').map(({ model }) => model)).toEqual(['orientation', 'ocr-page']);
    expect(rowsOf('A4 pages')[0]?.['lines']).toBeGreaterThan(9);
    expect(rowsOf('after 1 swaps')[0]).toMatchObject({ failed: 0 });
    expect(report.aims.map(({ name, compare }) => `${name.replace('orientation: ', '')} ${compare}`)).toEqual([
      'origin binary / Hono per core >=',
      'origin binary / Hono per request at 32 connections >=',
      'gRPC / binary REST at 32 connections >=',
      'p99 at 80 % load, ms <=',
      'one caller alone, p50 of (request - raw run), ms <=',
      'event-loop delay p99 at 32 connections, ms <=',
      'event-loop delay p99 while A4 JPEGs go through predict, ms <=',
      'growth of memory after 1 swaps, MB <=',
    ]);
  }, 300_000);

  it('sends twice what it can carry with --overload', async () => {
    const { exit, stdout, stderr, left } = await bench(['--json', '--overload', '--samples=1', '--models=orientation']);
    expect([exit, left], stderr).toEqual([0, []]);
    const { rows, aims } = JSON.parse(stdout) as BenchReport;
    expect(rows.map(({ step }) => step)).toEqual(['saturation', 'overload', 'saturation again']);
    const [saturation, overload] = rows;
    expect(overload?.['offeredPerS']).toBeCloseTo(2 * Number(saturation?.['ratePerS']), 1);
    expect(overload).toHaveProperty('serverGrowthMb');
    expect(aims.map(({ name }) => name)).toEqual([
      'orientation: goodput at twice the load / peak',
      'orientation: refused without retry-after',
      'orientation: sent - answered - refused',
    ]);
    expect(aims[2]?.met).toBe(true);
  }, 120_000);

  it.each(['starting the contestants', 'closed loop'])(
    'ends all that it started when it is stopped at: %s',
    async (at) => {
      const { exit, stdout, left } = await bench(['--samples', '1', '--models', 'orientation'], at);
      expect([exit, stdout, left]).toEqual([143, '', []]);
    },
    120_000,
  );

  it('says what it takes, and refuses what it does not', async () => {
    expect(await bench(['--help'])).toMatchObject({ exit: 0, stdout: expect.stringContaining('--overload') as string });
    expect(await bench(['--fast'])).toMatchObject({ exit: 2, stdout: '' });
  });
});
