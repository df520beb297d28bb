import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultModelSettings, settingsOf } from '../../../origin/settings/model-settings.js';
import { parseSettings, readSettingsFile, settingsFileBytesMax } from '../../../origin/settings/settings-file.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'brink-test-settings-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

describe('a settings file', () => {
  it('that is not named is one without settings', async () => {
    expect(settingsOf(await readSettingsFile(undefined), 'any')).toEqual(defaultModelSettings);
  });

  it('has defaults, and for each model what differs', async () => {
    const path = await file(
      'good.toml',
      `
      [defaults]
      instances = 2
      providers = ["cuda", { name = "cpu" }]
      [models."ocr.v2"]
      instances = 1
      threads = "auto"
      maxQueueDelayMs = 0.5
      warmUp = [{ x = [3, 48, 320] }, { x = [3, 48, 640] }]
      `,
    );
    const settings = await readSettingsFile(path);
    expect(settingsOf(settings, 'ocr.v2')).toEqual({
      ...defaultModelSettings,
      instances: 1,
      providers: ['cuda', { name: 'cpu', options: {} }],
      maxQueueDelayMs: 0.5,
      warmUp: [{ x: [3, 48, 320] }, { x: [3, 48, 640] }],
    });
    expect(settingsOf(settings, 'other')).toMatchObject({ instances: 2, maxQueueDelayMs: 0 });
  });

  it('that is not there, is no TOML or is too large is refused by name', async () => {
    await expect(readSettingsFile(join(directory, 'no.toml'))).rejects.toThrow(/no\.toml cannot be read: .*ENOENT/);
    const broken = await file('broken.toml', '[defaults]\ninstances = \n');
    await expect(readSettingsFile(broken)).rejects.toThrow(/expected TOML in .*broken\.toml.*\n\n?.*2: {2}instances/s);
    const large = await file('large.toml', '#'.repeat(settingsFileBytesMax + 1));
    await expect(readSettingsFile(large)).rejects.toThrow(
      `expected at most ${settingsFileBytesMax} bytes, it has ${settingsFileBytesMax + 1}`,
    );
    const largest = await file('largest.toml', '#'.repeat(settingsFileBytesMax));
    expect(await readSettingsFile(largest)).toEqual({ defaults: {}, models: {} });
  });

  it('tells of several problems at once, and of no more than ten', () => {
    const text = Array.from({ length: 12 }, (_, n) => `[models.m${n}]\nmaxBatch = 0`).join('\n');
    expect(() => parseSettings(text, 'f')).toThrow(/f cannot be used:\n(.*maxBatch.*\n){10} {2}and 2 more$/);
  });
});

const words = (length: number): string => `[${Array.from({ length }, () => '"cpu"').join(', ')}]`;
const numbers = (length: number): string => `[${Array.from({ length }, () => 1).join(', ')}]`;
const tables = (length: number): string => `[${Array.from({ length }, () => '{}').join(', ')}]`;
const long = 'x'.repeat(257);

/** A value at each limit, one over it, and what is said of that. */
const limits: [key: string, good: string, bad: string, said: string][] = [
  ['instances', '64', '65', 'expected at most 64, got 65'],
  ['instances', '1', '0', 'expected at least 1, got 0'],
  ['instances', '"auto"', '"many"', 'expected "auto", or a number, got "many"'],
  ['threads', '256', '257', 'expected at most 256, got 257'],
  ['threads', '1', '0', 'expected at least 1, got 0'],
  ['threads', '2', '1.5', 'expected "auto", or a whole number, got 1.5'],
  ['providers', words(8), words(9), 'expected at most 8 entries, got ["cpu"'],
  ['providers', words(1), '[]', 'expected at least 1 entries, got []'],
  ['providers[0]', '["cuda"]', '["cudaa"]', 'expected one of cpu, cuda, tensorrt'],
  ['ifProviderMissing', '"cpu"', '"wait"', 'expected "fail" or "cpu", got "wait"'],
  ['deviceIds', numbers(64), numbers(65), 'expected at most 64 entries, got [1,1'],
  ['deviceIds[0]', '[255]', '[256]', 'expected at most 255, got 256'],
  ['deviceIds[0]', '[0]', '[-1]', 'expected at least 0, got -1'],
  ['maxBatch', '1024', '1025', 'expected at most 1024, got 1025'],
  ['maxBatch', '1', '0', 'expected at least 1, got 0'],
  ['maxBatch', '8', '"8"', 'expected a number, got "8"'],
  ['maxQueueDelayMs', '10_000', '10_000.1', 'expected at most 10000, got 10000.1'],
  ['maxQueueDelayMs', '0', '-0.1', 'expected at least 0, got -0.1'],
  ['queueItemsMax', '100_000', '100_001', 'expected at most 100000, got 100001'],
  ['queueItemsMax', '1', '0', 'expected at least 1, got 0'],
  ['concurrencyMin', '100_000', '100_001', 'expected at most 100000, got 100001'],
  ['concurrencyMin', '1', '0', 'expected at least 1, got 0'],
  ['priorityLevels', '16', '17', 'expected at most 16, got 17'],
  ['priorityLevels', '1', '0', 'expected at least 1, got 0'],
  ['ageingMs', '600_000', '600_001', 'expected at most 600000, got 600001'],
  ['ageingMs', '1', '0', 'expected at least 1, got 0'],
  ['share', '100', '100.5', 'expected at most 100, got 100.5'],
  ['share', '0.01', '0.001', 'expected at least 0.01, got 0.001'],
  ['runMsMax', '600_000', '600_001', 'expected at most 600000, got 600001'],
  ['runMsMax', '1', '0', 'expected at least 1, got 0'],
  ['runnerGrowthBytesMax', '1_048_576', '1_048_575', 'expected at least 1048576, got 1048575'],
  ['warmUp', tables(32), tables(33), 'expected at most 32 entries, got [{}'],
  ['warmUp[0].x', `[{ x = ${numbers(15)} }]`, `[{ x = ${numbers(16)} }]`, 'expected at most 15 entries, got [1'],
  ['warmUp[0].x[0]', '[{ x = [1] }]', '[{ x = [0] }]', 'expected at least 1, got 0'],
  [`warmUp[0].${long}`, `[{ ${long.slice(1)} = [1] }]`, `[{ ${long} = [1] }]`, 'expected at most 256 characters, got [1]'],
  ['responseCacheBytesMax', '0', '-1', 'expected at least 0, got -1'],
  ['bodyBytesMax', '1', '0', 'expected at least 1, got 0'],
  ['tensorElementsMax', '1', '0', 'expected at least 1, got 0'],
]; // prettier-ignore

describe('a provider that is missing', () => {
  const of = (text: string): string => settingsOf(parseSettings(text, 'f'), 'm').ifProviderMissing;

  it('has the CPU stand in where it is named behind another, unless something else is said', () => {
    expect(of('defaults.providers = ["cuda", "cpu"]')).toBe('cpu');
    expect(of('defaults.providers = ["cuda"]')).toBe('fail');
    expect(of('defaults.providers = ["cpu"]')).toBe('fail');
    expect(of('defaults = { providers = ["cuda", "cpu"], ifProviderMissing = "fail" }')).toBe('fail');
    expect(of('defaults.providers = ["cuda"]\nmodels.m.ifProviderMissing = "cpu"')).toBe('cpu');
  });
});

describe('a setting', () => {
  it.each(limits)('%s may be %s, not %s', (key, good, bad, said) => {
    const [name] = key.split(/[.[]/);
    expect(() => parseSettings(`[defaults]\n${name} = ${good}`, 'f')).not.toThrow();
    const message = failure(`[defaults]\n${name} = ${bad}`);
    expect(message).toContain(`defaults.${key}: ${said}`);
    expect(failure(`[models.m]\n${name} = ${bad}`)).toContain(`models.m.${key}: ${said}`);
  });

  it('of a provider is text, a number or a boolean', () => {
    const provider = (value: string): string =>
      `[defaults]\nproviders = [{ name = "cuda", options = { a = ${value} } }]`;
    for (const good of ['"text"', '1', 'true']) expect(() => parseSettings(provider(good), 'f')).not.toThrow();
    expect(failure(provider('[1]'))).toContain('defaults.providers[0]: expected text, or text, or a number, or');
  });

  it('that there is not is named, in defaults, of a model and beside them', () => {
    expect(failure('[defaults]\nmaxbatch = 1')).toContain('defaults.maxbatch: expected a setting that there is');
    expect(failure('[models.m]\nbatch = 1')).toContain('models.m.batch: expected a setting that there is');
    expect(failure('[model.m]\nmaxBatch = 1')).toContain('model: expected a setting that there is');
  });

  it('of a model has a model’s name', () => {
    expect(failure('[models."../x"]\nmaxBatch = 1')).toContain('models.../x: expected');
    expect(() => parseSettings('[models.x-1_y]\nmaxBatch = 1', 'f')).not.toThrow();
  });
});

function failure(text: string): string {
  try {
    parseSettings(text, 'f');
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
}
