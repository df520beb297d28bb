import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KeysFile, keysFileBytesMax, keysLookEveryMs, parseRings } from '../../../origin/access/keys-file.js';

const [first, second, third] = ['first-token-0123456789', 'second-token-012345678', 'third-token-0123456789'] as const;
let folder: string;
let path: string;
let events: Record<string, unknown>[];
let timers: (() => void)[];
let file: KeysFile | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brink-keys-'));
  path = join(folder, 'keys.toml');
  events = [];
  timers = [];
});
afterEach(async () => {
  file?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Opens the file; `look` does what the timer would, and resolves when the next look has been scheduled. */
async function open(text: string, inferenceRequired = false): Promise<{ keys: KeysFile; look: () => Promise<void> }> {
  await writeFile(path, text);
  let scheduled: () => void = () => undefined;
  const schedule = (work: () => void, delayMs: number): (() => void) => {
    expect(delayMs).toBe(keysLookEveryMs);
    timers.push(work);
    scheduled();
    return () => void timers.splice(timers.indexOf(work), 1);
  };
  file = await KeysFile.open({ path, inferenceRequired, schedule, log: (event) => events.push({ ...event }) });
  const look = (): Promise<void> =>
    new Promise((resolve) => {
      scheduled = resolve;
      timers.shift()?.();
    });
  return { keys: file, look };
}

const named = (events: readonly Record<string, unknown>[]): unknown[] => events.map(({ event }) => event);

describe('a file of keys', () => {
  it('is tables of names and tokens, or the lists of the variables', async () => {
    const rings = parseRings(`read = "dash=${second},other=${third}"\n[inference]\napp = "${first}"\n`);
    expect(await rings.inference.nameOf(first)).toBe('app');
    expect(await rings.read.nameOf(third)).toBe('other');
    expect([rings.admin.isEmpty, rings.artifacts.isEmpty]).toEqual([true, true]);
  });

  it.each([
    ['no TOML', `[inference\napp = "${first}"`, /TOML.* in line \d/],
    ['another table', `[inferense]\napp = "${first}"`, /tables or lists 'inference'/],
    ['a number', '[inference]\napp = 17', /at 'inference/],
    ['a short token', '[inference]\napp = "short"', /inference: expected 'name=token' with a token of 16 to 512/],
    ['a name with a blank', `[inference]\n"a b" = "${first}"`, /entry 1 is not/],
  ])('that has %s is refused without quoting it', (_, text, says) => {
    expect(() => parseRings(text)).toThrow(says);
    expect(() => parseRings(text)).not.toThrow(new RegExp(first));
  });

  it('holds from the next look after it has changed, by other rings', async () => {
    const { keys, look } = await open(`[inference]\napp = "${first}"\n`);
    const before = keys.rings;
    await look();
    expect(keys.rings).toBe(before);
    await writeFile(path, `[inference]\napp = "${first}"\nnext = "${second}"\n`);
    await look();
    expect(keys.rings).not.toBe(before);
    expect(await keys.rings.inference.nameOf(second)).toBe('next');
    expect(await keys.rings.inference.nameOf(first)).toBe('app');
    expect(named(events)).toEqual(['keys-reloaded']);
  });

  it('holds when another was put in its place, of the same size', async () => {
    const { keys, look } = await open(`[inference]\napp = "${first}"\n`);
    await writeFile(`${path}.new`, `[inference]\napp = "${third}"\n`);
    await rename(`${path}.new`, path);
    await look();
    expect(await keys.rings.inference.nameOf(first)).toBeUndefined();
    expect(await keys.rings.inference.nameOf(third)).toBe('app');
  });

  it('that cannot be used keeps the keys that were, says so once, and holds again when it is mended', async () => {
    const { keys, look } = await open(`[inference]\napp = "${first}"\n`);
    const before = keys.rings;
    for (const text of ['[inference', '', '[inference]\napp = "short"\n', 'x'.repeat(keysFileBytesMax + 1)]) {
      await writeFile(path, text);
      await look();
      await look();
      expect(keys.rings).toBe(before);
    }
    await rm(path);
    await look();
    await look();
    expect(keys.rings).toBe(before);
    expect(named(events)).toEqual(Array(5).fill('keys-kept'));
    expect(events[1]?.['cause']).toMatch(/open to everybody/);
    expect(events[3]?.['cause']).toMatch(/at most 1048576 bytes, got 1048577/);
    expect(JSON.stringify(events)).not.toContain(first);
    await writeFile(path, `[inference]\napp = "${second}"\n`);
    await look();
    expect(await keys.rings.inference.nameOf(second)).toBe('app');
  });

  it('is read at once when somebody says so, in order', async () => {
    const { keys } = await open(`[inference]\napp = "${first}"\n`);
    await writeFile(path, `[inference]\napp = "${second}"\n`);
    await Promise.all([keys.reload(), keys.reload()]);
    expect(await keys.rings.inference.nameOf(second)).toBe('app');
    expect(named(events)).toEqual(['keys-reloaded', 'keys-reloaded']);
  });

  it('that cannot be used at the start is an error, as one that would open what must not be open', async () => {
    await expect(open('[inference')).rejects.toThrow(/TOML/);
    await expect(open(`[admin]\nops = "${first}"\n`, true)).rejects.toThrow(/at least one key in 'inference'/);
    const { keys } = await open(`[admin]\nops = "${first}"\n`);
    expect(await keys.rings.admin.nameOf(first)).toBe('ops');
  });

  it('is looked at no more once it is closed', async () => {
    const { keys } = await open(`[inference]\napp = "${first}"\n`);
    keys.close();
    expect(timers).toEqual([]);
  });
});
