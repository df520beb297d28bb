import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { slowModel } from '../../../harness/onnx.js';
import { openWorkshop, type Workshop } from './workshop.js';

let shop: Workshop;
beforeAll(async () => {
  shop = await openWorkshop();
});
afterAll(() => shop.close());

async function isAlive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // One that nobody has waited for yet is dead, too: it answers to signals, and proc(5) calls it Z.
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) [ZX] /.test(stat);
}

describe('a runner in the middle of an endless run', () => {
  it('ends when the server is killed', async () => {
    const parentJs = join(shop.directory, 'parent.mjs');
    await build({
      entryPoints: [join(import.meta.dirname, 'parent.ts')],
      outfile: parentJs,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'error',
    });
    const scratchDir = join(shop.directory, 'orphan');
    await mkdir(scratchDir);
    const model = await shop.file('slow.onnx', slowModel().bytes);
    const parent = spawn(process.execPath, [parentJs, shop.runnerJs, model, scratchDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const runnerPid = Number(said.toString());
    try {
      expect(await isAlive(runnerPid)).toBe(true);
      parent.kill('SIGKILL');
      await vi.waitUntil(async () => !(await isAlive(runnerPid)), { timeout: 50_000, interval: 100 });
    } finally {
      if (await isAlive(runnerPid)) process.kill(runnerPid, 'SIGKILL');
    }
  });
});
