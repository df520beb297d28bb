import { describe, expect, it } from 'vitest';
import {
  defaultModelSettings,
  type ModelSettings,
  settingsFileSchema,
} from '../../../origin/settings/model-settings.js';
import { checkThreads, longRunMs, resolveThreads } from '../../../origin/settings/check-threads.js';
import { cpuOnly } from '../../../origin/runner/session-options.js';

type Auto = ModelSettings['instances'];

const plan = (instances: Auto, threads: Auto, runMs: number | undefined, cores = 8): number[] => {
  const settings = { ...defaultModelSettings, instances, threads };
  const { instances: i, threads: t } = resolveThreads({ settings, cores, runMs });
  return [i, t];
};

describe('instances and threads', () => {
  it('are as many single threads as cores for short runs, and for those that nobody has measured', () => {
    expect(plan('auto', 'auto', undefined)).toEqual([8, 1]);
    expect(plan('auto', 'auto', longRunMs - 0.1)).toEqual([8, 1]);
  });

  it('are one instance with all the cores for long runs', () => {
    expect(plan('auto', 'auto', longRunMs)).toEqual([1, 8]);
  });

  it('follow from each other where one is fixed', () => {
    expect(plan(3, 'auto', longRunMs)).toEqual([3, 2]);
    expect(plan(3, 'auto', 1)).toEqual([3, 1]);
    expect(plan('auto', 3, 1)).toEqual([2, 3]);
    expect(plan(2, 4, 1)).toEqual([2, 4]);
  });

  it('are at least one each, whatever the cores', () => {
    expect(plan('auto', 'auto', 1, 1)).toEqual([1, 1]);
    expect(plan('auto', 'auto', 1000, 1)).toEqual([1, 1]);
    expect(plan('auto', 16, 1)).toEqual([1, 16]);
  });

  it('are an instance for each device on a GPU, unless it has become the CPU', () => {
    const settings = { ...defaultModelSettings, providers: ['cuda'], deviceIds: [0, 1] };
    const question = { settings, cores: 8, runMs: 1000 };
    expect(resolveThreads(question)).toEqual({ instances: 2, threads: 1, spinning: false });
    expect(resolveThreads({ ...question, providers: cpuOnly })).toMatchObject({ instances: 1, threads: 8 });
    expect(resolveThreads({ ...question, settings: { ...settings, deviceIds: [] } })).toMatchObject({ instances: 1 });
  });

  it('spin only when there is one instance, with threads that could', () => {
    const spins = (instances: Auto, threads: Auto): boolean =>
      resolveThreads({ settings: { ...defaultModelSettings, instances, threads }, cores: 8, runMs: 1 }).spinning;
    expect([spins(1, 4), spins(2, 4), spins(1, 1), spins('auto', 'auto')]).toEqual([true, false, false, false]);
  });
});

describe('the check at start', () => {
  const check = (settings: object, cores: number) => () => checkThreads(settingsFileSchema.parse(settings), cores);

  it('lets pass what fits on the cores, and what is automatic', () => {
    expect(check({}, 1)).not.toThrow();
    expect(check({ models: { m: { instances: 2, threads: 4 } } }, 8)).not.toThrow();
    expect(check({ models: { m: { threads: 8 } } }, 8)).not.toThrow();
  });

  it('names what does not, with all numbers, also where a model has half of it from the defaults', () => {
    expect(check({ models: { m: { instances: 3, threads: 3 } } }, 8)).toThrow(
      'models.m: expected threads × instances of at most 8 (cores), got 3 × 3 = 9',
    );
    expect(check({ defaults: { threads: 4 }, models: { m: { instances: 3 } } }, 8)).toThrow(/models\.m: .* got 4 × 3/);
    expect(check({ defaults: { instances: 9 } }, 8)).toThrow(/defaults: .* got 1 × 9 = 9/);
  });
});
