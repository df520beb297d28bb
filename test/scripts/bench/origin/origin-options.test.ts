import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { originBenchOptions } from '../../../../scripts/bench/origin/origin-options.js';
import { originSamples } from '../../../../scripts/bench/origin/origin-samples.js';
import { sessionOptionsOf } from '../../../../scripts/bench/origin/serving-setup.js';

describe('the options of bench:origin', () => {
  it('are the house’s and its own: every model, a single-thread process for each core, at first', () => {
    expect(originBenchOptions([])).toEqual({
      json: false,
      quick: false,
      samples: undefined,
      help: false,
      overload: false,
      models: ['ocr-line', 'orientation', 'matmul'],
      setup: { instances: availableParallelism(), threads: 1, providers: ['cpu'] },
    });
  });

  it('may stand in any order, with or without an equals sign', () => {
    const args = [
      '--models',
      'matmul',
      '--quick',
      '--providers=cuda,cpu',
      '--samples',
      '3',
      '--threads',
      '2',
      '--overload',
    ];
    expect(originBenchOptions(args)).toMatchObject({
      quick: true,
      samples: 3,
      overload: true,
      models: ['matmul'],
      setup: { instances: 1, threads: 2, providers: ['cuda', 'cpu'] },
    });
  });

  it('are refused when they are others', () => {
    expect(() => originBenchOptions(['--fast'])).toThrow(/--fast/);
    expect(() => originBenchOptions(['--models', 'matmul,vad'])).toThrow(/--models: expected some of .*"vad"/);
    expect(() => originBenchOptions(['--models'])).toThrow(/--models/);
    expect(() => originBenchOptions(['--providers='])).toThrow(/--providers: expected names/);
    for (const count of ['0', 'x', '1000']) {
      expect(() => originBenchOptions([`--instances=${count}`])).toThrow(/--instances: expected a whole number/);
      expect(() => originBenchOptions([`--threads=${count}`])).toThrow(/--threads: expected a whole number/);
    }
  });
});

describe('the amounts of bench:origin', () => {
  it('are fewer when it is to be quick, but for what the issue counts', () => {
    const [full, quick] = [false, true].map((isQuick) => originSamples({ quick: isQuick, samples: undefined }));
    expect(quick?.rounds).toBeLessThan(full?.rounds ?? 0);
    expect(quick?.windowS).toBeLessThan(full?.windowS ?? 0);
    expect([full?.swaps, quick?.swaps]).toEqual([20, 20]);
    expect([full?.overloadS, quick?.overloadS]).toEqual([60, 10]);
  });
});

describe('the session options of the contestants', () => {
  const setup = { instances: 4, threads: 2, providers: ['cpu'] };

  it('have the same total of threads for one process as for several', () => {
    expect(sessionOptionsOf(setup, 4).threads * 4).toBe(8);
    expect(sessionOptionsOf(setup, 1).threads).toBe(8);
  });

  it('spin only where no other process needs the core', () => {
    expect(sessionOptionsOf(setup, 4).spinning).toBe(false);
    expect(sessionOptionsOf(setup, 1).spinning).toBe(true);
  });

  it('name the device on a GPU', () => {
    expect(sessionOptionsOf({ ...setup, providers: ['cuda'] }, 1)).toMatchObject({
      deviceId: 0,
      providers: [{ name: 'cuda' }],
    });
    expect(sessionOptionsOf(setup, 1)).not.toHaveProperty('deviceId');
  });
});
