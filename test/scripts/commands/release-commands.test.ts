import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../../scripts/commands/run-cli.js';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { doubleModel } from '../../harness/onnx.js';
import { FakeAdmin, fakeToken } from '../fake-admin.js';
import { folderOf, removeFolder } from '../model-folder.js';

let fake: FakeAdmin;
let folder: string;
beforeEach(async () => {
  if (!existsSync(join(projectRoot(), 'dist/origin/runner.js'))) throw new Error('run "node scripts/build.mjs" first');
  fake = await FakeAdmin.start();
  folder = await folderOf({ 'double.onnx': doubleModel(2).bytes, 'triple.onnx': doubleModel(3).bytes });
});
afterEach(async () => {
  await fake.stop();
  await removeFolder(folder);
});

interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command in this process, so that a test can wait for what it says. */
async function brink(args: readonly string[], onStderr: (text: string) => void = () => undefined): Promise<Said> {
  let [stdout, stderr] = ['', ''];
  const terminal = {
    stdout: (text: string) => void (stdout += text),
    stderr: (text: string) => {
      stderr += text;
      onStderr(text);
    },
    stdin: () => Promise.resolve(new Uint8Array()),
    colors: false,
    interactive: false,
    env: { BRINK_URL: fake.url, BRINK_TOKEN: fakeToken },
    cwd: folder,
    actor: 'tester@here',
    signal: new AbortController().signal,
  };
  const exit = await runCli(args, terminal, '0.0.0');
  return { exit, stdout, stderr };
}

const publish = async (file: string, version: string): Promise<void> => {
  const { exit } = await brink(['publish', join(folder, file), '--name', 'double', '--as', version, '--no-measure']);
  expect(exit).toBe(0);
};

describe('promoting', () => {
  it('says that the first version counts as last good without a bake, and that another one has to bake', async () => {
    await publish('double.onnx', 'v1');
    expect((await brink(['promote', 'double', 'v1'])).stdout).toContain('only version, so it counts as last good');
    await publish('triple.onnx', 'v2');
    expect((await brink(['promote', 'double', 'v2'])).stdout).toContain('Last good until it has baked: v1.');
  });

  it('says how long edges may go on with the old release as the server says it', async () => {
    await publish('double.onnx', 'v1');
    const path = 'POST /admin/v1/models/double/promote';
    const { release } = fake.models.get('double')!;
    fake.instead.set(path, () => ({ status: 200, body: { release, leaseMs: 700 } }));
    expect((await brink(['promote', 'double', 'v1'])).stdout).toMatch(/^double: every edge serves v1 within 0\.7 s/);
  });

  it('is a conflict for a withdrawn version, and says how to lift the fence', async () => {
    await publish('double.onnx', 'v1');
    await publish('triple.onnx', 'v2');
    await brink(['promote', 'double', 'v1']);
    await brink(['promote', 'double', 'v2']);
    await brink(['rollback', 'double', '--to', 'v1']);
    const refused = await brink(['promote', 'double', 'v2']);
    expect(refused.exit).toBe(4);
    expect(refused.stderr).toContain('brink promote double v2 --lift-fence --why …');
    expect((await brink(['promote', 'double', 'v2', '--lift-fence', '--why', 'was not at fault'])).exit).toBe(0);
  });
});

describe('rolling back', () => {
  it('tells the way out when the first version is bad', async () => {
    await publish('double.onnx', 'v1');
    await brink(['promote', 'double', 'v1']);
    const { exit, stderr } = await brink(['rollback', 'double']);
    expect(exit).toBe(4);
    expect(stderr).toMatch(/^brink: there is no version to go back to: .*publish a better one and promote that: /);
  });

  it('names the versions that it could go back to', async () => {
    await publish('triple.onnx', 'v2');
    await publish('double.onnx', 'v1');
    await brink(['promote', 'double', 'v2']);
    const { exit, stderr } = await brink(['rollback', 'double']);
    expect(exit).toBe(4);
    expect(stderr).toContain('brink rollback double --to <version> (there are: v1)');
  });

  it('says that there is nothing to withdraw when nothing is served, and never that it withdraws', async () => {
    await publish('double.onnx', 'v1');
    const { exit, stderr } = await brink(['rollback', 'double']);
    expect({ exit, stderr }).toEqual({
      exit: 4,
      stderr: 'brink: double serves nothing: there is nothing to withdraw\n',
    });
  });

  it('says that it waits when the answer takes a while', async () => {
    await publish('double.onnx', 'v1');
    let resolve: (text: string) => void = () => undefined;
    const noted = new Promise<string>((done) => (resolve = done));
    fake.instead.set('POST /admin/v1/models/double/rollback', async () => {
      await noted;
      return { status: 409, body: { error: 'later', code: 'epoch-conflict' } };
    });
    const { stderr } = await brink(['rollback', 'double'], (text) => resolve(text));
    expect(stderr).toMatch(/^asked to withdraw what double serves; .*\nbrink: later\n$/);
  });
});

describe('a model that is not there', () => {
  it.each(['promote double v1', 'rollback double', 'versions double', 'audit double'])(
    'is named by brink %s',
    async (line) => {
      const [command = ''] = line.split(' ');
      const method = ['promote', 'rollback'].includes(command) ? 'POST' : 'GET';
      const query = command === 'audit' ? '?limit=20' : '';
      fake.instead.set(`${method} /admin/v1/models/double/${command}${query}`, () => ({
        status: 404,
        body: { error: 'there is no such model', code: 'unknown-model' },
      }));
      expect(await brink(line.split(' '))).toEqual({
        exit: 3,
        stdout: '',
        stderr: 'brink: there is no model "double"\n',
      });
    },
  );
});
