import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { detectProviders, type ProviderReport } from '../../../../origin/engine/process/detect-providers.js';
import { deviceFor, resolveProviders } from '../../../../origin/engine/process/resolve-providers.js';
import { systemClock } from '../../../../shared/time/clock.js';
import { bundleOrigin, type Bundles } from '../../bundle-origin.js';

let bundles: Bundles;
let scratchDir: string;
beforeAll(async () => {
  bundles = await bundleOrigin();
  scratchDir = await mkdtemp(join(tmpdir(), 'brink-test-providers-'));
});
afterAll(async () => {
  await bundles.remove();
  await rm(scratchDir, { recursive: true, force: true });
});

const detect = (more: { runnerJs?: string; timeoutMs?: number } = {}): Promise<readonly ProviderReport[]> =>
  detectProviders({
    runnerJs: bundles.runnerJs,
    scratchDir,
    names: ['cpu', 'abacus'],
    timeoutMs: 60_000,
    clock: systemClock,
    log: () => undefined,
    ...more,
  });

describe('detecting providers', () => {
  it('finds the CPU usable, tells of every provider of the build and of those asked for, and leaves nothing', async () => {
    const report = await detect();
    expect(report.find(({ name }) => name === 'cpu')).toEqual({
      name: 'cpu',
      usable: true,
      reason: 'a model ran on it',
    });
    expect(report.find(({ name }) => name === 'abacus')).toMatchObject({ usable: false });
    expect(report.find(({ name }) => name === 'abacus')?.reason).toMatch(/^this build of onnxruntime has cpu.* only$/);
    for (const { reason } of report) expect(reason).toMatch(/^.{3,203}$/);
    expect(new Set(report.map(({ name }) => name)).size).toBe(report.length);
    expect(await readdir(scratchDir)).toEqual([]);
  });

  it('finds nothing usable, and says why, when no runner can be started or none answers in time', async () => {
    expect(await detect({ runnerJs: join(scratchDir, 'nothing.mjs') })).toEqual([
      { name: 'cpu', usable: false, reason: 'the runner ended: exit status 1' },
      { name: 'abacus', usable: false, reason: 'the runner ended: exit status 1' },
    ]);
    const [cpu] = await detect({ timeoutMs: 0 });
    expect(cpu).toMatchObject({ name: 'cpu', usable: false });
    expect(cpu?.reason).toMatch(/0 ms/);
    expect(await readdir(scratchDir)).toEqual([]);
  });
});

const report = (...usable: string[]): ProviderReport[] =>
  ['cpu', 'cuda', 'tensorrt'].map((name) => ({ name, usable: usable.includes(name), reason: 'as the test says' }));

describe('providers', () => {
  it('that are there are used in their order, with their options', () => {
    const cuda = { name: 'cuda', options: { deviceId: 1 } };
    expect(resolveProviders([cuda, 'cpu'], 'fail', report('cpu', 'cuda'))).toEqual({
      providers: [cuda, { name: 'cpu', options: {} }],
      note: undefined,
    });
  });

  it('that are missing fail by name, and say nothing of the machine', () => {
    const resolve = () => resolveProviders(['cuda', 'cpu'], 'fail', report('cpu'));
    expect(resolve).toThrow('expected the execution provider cuda, this origin cannot use it');
    expect(resolve).toThrow(expect.objectContaining({ code: 'provider-missing' }));
  });

  it('that are missing are the CPU where the settings say so, with a note', () => {
    expect(resolveProviders(['cuda'], 'cpu', report('cpu'))).toEqual({
      providers: [{ name: 'cpu', options: {} }],
      note: 'cuda cannot be used here: runs on cpu',
    });
    expect(resolveProviders(['tensorrt', 'cuda'], 'cpu', report('cpu', 'cuda'))).toEqual({
      providers: [{ name: 'cuda', options: {} }],
      note: 'tensorrt cannot be used here: runs on cuda',
    });
  });

  it('cannot be the CPU either where that does not work', () => {
    expect(() => resolveProviders(['cuda'], 'cpu', report())).toThrow(/provider cuda/);
    expect(() => resolveProviders(['cpu'], 'cpu', [])).toThrow(/provider cpu/);
  });

  it('whose options onnxruntime-node does not read are used with a note', () => {
    const cuda = { name: 'cuda', options: { deviceId: 0, gpu_mem_limit: 1e9 } };
    expect(resolveProviders([cuda], 'fail', report('cpu', 'cuda')).note).toBe(
      'onnxruntime-node does not pass gpu_mem_limit on to cuda',
    );
  });
});

describe('instances', () => {
  it('are placed on the devices in turn, and on none where there are none', () => {
    expect([0, 1, 2, 3].map((index) => deviceFor(index, [4, 7]))).toEqual([4, 7, 4, 7]);
    expect(deviceFor(3, [])).toBeUndefined();
  });
});
