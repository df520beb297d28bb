import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureCredentials } from '../../../scripts/local/credentials.js';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { FakeAdmin, fakeToken } from '../fake-admin.js';
import { folderOf, removeFolder } from '../model-folder.js';
import { runBrink } from '../run-brink.js';

let fake: FakeAdmin;
beforeAll(async () => {
  if (!existsSync(join(projectRoot(), 'dist/brink.js'))) throw new Error('run "node scripts/build.mjs" first');
  fake = await FakeAdmin.start();
});
afterAll(() => fake.stop());

describe('where brink finds its edge and token', () => {
  const local = async (): Promise<string> => {
    const place = await folderOf({ 'deep/er/file': '' });
    ensureCredentials(join(place, '.brink'), fake.url, () => fakeToken.padEnd(43, '0'));
    const file = join(place, '.brink', 'credentials.json');
    const credentials = {
      schema: 1,
      adminToken: fakeToken,
      artifactToken: fakeToken,
      originKey: fakeToken,
      edgeUrl: fake.url,
    };
    writeFileSync(file, JSON.stringify(credentials));
    return place;
  };

  it('reads .brink/credentials.json of a folder above', async () => {
    const place = await local();
    expect((await runBrink(['models'], { cwd: join(place, 'deep/er') })).exit).toBe(0);
    expect((await runBrink(['models'], { env: { BRINK_HOME: join(place, '.brink') } })).exit).toBe(0);
    await removeFolder(place);
  });

  it('takes the local edge by another name of this machine, but sends the local token nowhere else', async () => {
    const place = await local();
    const other = await FakeAdmin.start();
    const sameUrl = fake.url.replace('127.0.0.1', 'localhost');
    expect((await runBrink(['models', '--url', other.url], { cwd: place })).exit).toBe(5);
    expect([0, 6]).toContain((await runBrink(['models', '--url', sameUrl], { cwd: place })).exit); // 6 where localhost is ::1 alone
    await other.stop();
    await removeFolder(place);
  });

  it('says where it looked for a token when it found none', async () => {
    const place = await folderOf({});
    const env = { BRINK_URL: fake.url };
    const none = 'no token was found: there is no --token and no BRINK_TOKEN, and no ';
    const nowhere = await runBrink(['models'], { cwd: place, env });
    expect(nowhere).toMatchObject({ exit: 5, stderr: expect.stringContaining(none) as string });
    expect(nowhere.stderr).toContain(`.brink/credentials.json in ${place} or a folder above`);
    const empty = await runBrink(['models'], { cwd: place, env: { ...env, BRINK_HOME: place } });
    expect(empty).toMatchObject({
      exit: 5,
      stderr: expect.stringContaining(`credentials.json in BRINK_HOME (${place})`) as string,
    });
    await removeFolder(place);
  });

  it('says that a token is for another edge, and which token it is that the server refuses', async () => {
    const place = await local();
    const other = await FakeAdmin.start();
    const elsewhere = await runBrink(['models', '--url', other.url], { cwd: place });
    expect(elsewhere.stderr).toContain(`credentials.json is for ${fake.url} only`);
    expect((await runBrink(['models', '--token', 'wrong'], { cwd: place })).stderr).toBe(
      'brink: the server refuses this token (of --token)\n',
    );
    expect((await runBrink(['models'], { cwd: place, env: { BRINK_TOKEN: 'wrong' } })).stderr).toContain(
      '(of BRINK_TOKEN)',
    );
    await other.stop();
    await removeFolder(place);
  });

  it('says which file is damaged', async () => {
    const place = await folderOf({ '.brink/credentials.json': '{' });
    const { exit, stderr } = await runBrink(['models'], { cwd: place });
    expect(exit).toBe(2);
    expect(stderr).toContain('credentials.json is damaged');
    await removeFolder(place);
  });
});
