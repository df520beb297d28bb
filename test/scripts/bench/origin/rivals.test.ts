import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAnswers } from '../../../../scripts/bench/origin/alone.js';
import { BareLimit, batchSizes, type Scripts } from '../../../../scripts/bench/origin/bare-limit.js';
import { Cleanup } from '../../../../scripts/bench/origin/cleanup.js';
import { rivalContestants } from '../../../../scripts/bench/origin/contestant.js';
import { writeCase } from '../../../../scripts/bench/origin/models/case-files.js';
import { matmulModel } from '../../../../scripts/bench/origin/models/matmul-model.js';
import { prepareMatmul, servingModelOf } from '../../../../scripts/bench/origin/models/serving-model.js';
import { BenchChild } from '../../../../scripts/bench/origin/processes/bench-child.js';
import { bundleProcesses } from '../../../../scripts/bench/origin/processes/bundle-processes.js';
import { cpuSecondsOf, processTree } from '../../../../scripts/bench/origin/processes/process-tree.js';
import { startRival } from '../../../../scripts/bench/origin/rival.js';

const folder = mkdtempSync(join(tmpdir(), 'brink-bench-test-'));
const setup = { instances: 2, threads: 1, providers: ['cpu'] };
const signal = new AbortController().signal;
const model = await servingModelOf('matmul', await prepareMatmul(matmulModel(64, 2)), [64], 3);
/** The same inputs, the answers of others. */
const swapped = {
  ...model,
  samples: model.samples.map(({ input }, index) => ({ input, output: model.samples.at(index - 1)?.output ?? input })),
};
const cleanup = new Cleanup();
let scripts: Scripts;
let casePath: string;

beforeAll(async () => {
  scripts = await bundleProcesses();
  casePath = await writeCase(folder, model);
});
afterAll(async () => {
  await cleanup.all();
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['one process', 1],
  ['a process for each core', 2],
])('a Hono server in %s', (_, workers) => {
  it('answers right, and a wrong answer is found', async () => {
    const rival = cleanup.add(await startRival(scripts, casePath, setup, workers), (it) => it.stop());
    const [contestant] = rivalContestants(model, { 'hono-per-request': rival, 'hono-per-core': rival });
    if (contestant === undefined) throw new Error('expected a contestant');
    await checkAnswers(model, [contestant]);
    await expect(checkAnswers(swapped, [contestant])).rejects.toThrow(/expected each element within/);
    const processes = await processTree(rival.pid);
    expect(processes).toHaveLength(workers === 1 ? 1 : 1 + workers);
    await rival.stop();
    expect(await processTree(rival.pid)).toEqual([]);
  });
});

describe('the bare loop', () => {
  it('finds a rate for every batch size, in as many processes as there are instances', async () => {
    const limit = cleanup.add(await BareLimit.start(scripts, casePath, setup, 1), (it) => it.end());
    let steps = 0;
    const rates = await limit.rates(1, () => (steps += 1), signal);
    expect([...rates.keys()]).toEqual([...batchSizes]);
    expect([...rates.values()].every((rate) => rate > 0)).toBe(true);
    expect(steps).toBe(batchSizes.length);
    expect(await limit.ratePerS(4, 5, 0.5)).toBeGreaterThan(0);
    expect(await limit.times(2, 3)).toHaveLength(3);
  });

  it('does not count what is wrong', async () => {
    const wrong = await writeCase(folder, { ...swapped, name: 'orientation' });
    const limit = cleanup.add(await BareLimit.start(scripts, wrong, setup, 0), (it) => it.end());
    await expect(limit.ratePerS(1, 1)).rejects.toThrow(/item 0 of 1 .* in the bare loop/);
    await expect(limit.times(1, 1)).rejects.toThrow(/expected each element within/);
  });

  it('ends all its processes when one cannot start', async () => {
    await expect(BareLimit.start(scripts, join(folder, 'none.json'), setup, 1)).rejects.toThrow(/ended: exit status/);
  });
});

describe('the burner', () => {
  it('takes CPU time when it is told to, and stops', async () => {
    const burner = cleanup.add(await BenchChild.start(scripts('burner'), []), (it) => it.end());
    const used = async (): Promise<number> => cpuSecondsOf(await processTree(burner.pid));
    await burner.ask({ share: 1 });
    const before = await used();
    await expect.poll(used, { timeout: 30_000 }).toBeGreaterThan(before + 0.05);
    await burner.ask({ share: 0 });
  });

  it('fails its questions when it is gone', async () => {
    const burner = await BenchChild.start(scripts('burner'), []);
    await burner.end();
    await expect(burner.ask({ share: 1 })).rejects.toThrow(/has ended/);
  });
});
