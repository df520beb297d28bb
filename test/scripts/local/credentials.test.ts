import { chmodSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureCredentials, readCredentials } from '../../../scripts/local/credentials.js';
import { folderOf, removeFolder } from '../model-folder.js';

describe('the local secrets', () => {
  let home: string;
  beforeEach(async () => {
    home = join(await folderOf({}), '.brink');
  });
  afterEach(() => removeFolder(join(home, '..')));
  let count = 0;
  const makeSecret = (): string => `secret-${(count += 1)}`.padEnd(43, 'x');
  const modeOf = (): number => statSync(join(home, 'credentials.json')).mode & 0o777;

  it('are made once, each its own, for the owner alone to read', () => {
    const made = ensureCredentials(home, 'http://127.0.0.1:8787', makeSecret);
    expect(new Set([made.adminToken, made.artifactToken, made.originKey]).size).toBe(3);
    expect(modeOf()).toBe(0o600);
    expect(ensureCredentials(home, 'http://127.0.0.1:8787', makeSecret)).toEqual(made);
    expect(readCredentials(home)).toEqual(made);
  });

  it('say where the edge is now, and close a file that was opened to others', () => {
    const { adminToken } = ensureCredentials(home, 'http://127.0.0.1:8787', makeSecret);
    chmodSync(join(home, 'credentials.json'), 0o644);
    const again = ensureCredentials(home, 'http://127.0.0.1:9999', makeSecret);
    expect(again).toMatchObject({ adminToken, edgeUrl: 'http://127.0.0.1:9999' });
    expect(modeOf()).toBe(0o600);
  });

  it('are none where none were made, and never replaced in silence when damaged', () => {
    expect(readCredentials(home)).toBeUndefined();
    ensureCredentials(home, 'http://127.0.0.1:8787', makeSecret);
    writeFileSync(join(home, 'credentials.json'), '{"schema":2}');
    expect(() => ensureCredentials(home, 'http://127.0.0.1:8787', makeSecret)).toThrow('is damaged: delete it');
  });
});
