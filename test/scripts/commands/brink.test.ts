import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { doubleModel } from '../../harness/onnx.js';
import { FakeAdmin, fakeToken } from '../fake-admin.js';
import { folderOf, removeFolder } from '../model-folder.js';
import { type BrinkOptions, type Ended, runBrink } from '../run-brink.js';

const served = {
  'x-brink-model': 'double',
  'x-brink-version': 'v1',
  'x-brink-digest': 'd'.repeat(64),
  'x-brink-served-by': 'edge',
  'x-brink-epoch': '2',
};
const inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }];
const outputs = '{"outputs":[{"name":"y","datatype":"INT64","shape":[1],"data":[9007199254740993]}]}';

let fake: FakeAdmin;
let folder: string;
beforeAll(async () => {
  if (!existsSync(join(projectRoot(), 'dist/brink.js'))) throw new Error('run "node scripts/build.mjs" first');
  fake = await FakeAdmin.start();
  folder = await folderOf({ 'double.onnx': doubleModel(2).bytes, 'triple.onnx': doubleModel(3).bytes, 'a.png': 'png' });
  const put = (name: string, answer: object): void => void fake.instead.set(name, () => ({ status: 200, ...answer }));
  put('GET /v2/models/double', { body: { name: 'double', inputs, outputs: [] } });
  put('POST /v2/models/double/infer', { body: outputs, headers: served });
  put('POST /v1/models/double/predict', { body: { text: 'ab\u001b[31mc' }, headers: served });
  put('POST /v1/models/double/versions/v1/predict?a=b', { body: { text: 'v1' }, headers: served });
});
afterAll(async () => {
  await fake.stop();
  await removeFolder(folder);
});

const brink = (args: readonly string[], options: BrinkOptions = {}): Promise<Ended> =>
  runBrink(args, { ...options, env: { BRINK_URL: fake.url, BRINK_TOKEN: fakeToken, ...options.env } });

/** With --json: exactly one JSON document and nothing else on standard output. */
async function document(
  args: readonly string[],
  options: BrinkOptions = {},
): Promise<Ended & { json: Record<string, unknown> }> {
  const ended = await brink([...args, '--json'], options);
  return { ...ended, json: JSON.parse(ended.stdout) as Record<string, unknown> };
}

describe('brink inspect', () => {
  it('looks into a model without a server, in words and as one document', async () => {
    const env = { BRINK_URL: 'http://127.0.0.1:1', BRINK_TOKEN: '' };
    const { exit, stdout, stderr } = await brink(['inspect', join(folder, 'double.onnx')], { env });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/first axis +a batch/);
    expect(stdout).toMatch(/input +x +FP32 +\[\?, 4\] +\[1, 4\]/);
    expect(stderr).toContain('onnxruntime-web');
    const { json } = await document(['inspect', join(folder, 'double.onnx'), '--shape', 'x=2,4'], { env });
    expect(json).toMatchObject({ model: 'double', graphs: [{ batchAxis: 'independent', ranWith: { x: [2, 4] } }] });
  });

  it('refuses what is no model, and says why', async () => {
    const { exit, stdout, stderr } = await brink(['inspect', join(folder, 'a.png')]);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/expected a folder, a definition .* or an \.onnx file/);
  });
});

describe('brink, from publishing to rolling back', () => {
  it('publishes a bare .onnx file, and says so the second time', async () => {
    const first = await brink(['publish', join(folder, 'double.onnx')]);
    expect(first).toMatchObject({ exit: 0 });
    expect(first.stdout).toMatch(
      /\npublished double v1 \([0-9a-f]{12}\): 4 files uploaded .*\n.*brink promote double v1\n$/,
    );
    expect(first.stderr).toMatch(
      /read .*double[\s\S]*inspect {3}graph model[\s\S]*measure .*graph model[\s\S]*upload {4}4 files, .*\n[\s\S]*register {2}as v1/,
    );
    const again = await brink(['publish', join(folder, 'double.onnx')]);
    expect(again.stdout).toMatch(/^already published as v1 .*nothing was uploaded/m);
  });

  it('publishes with --json as one document, with the full digest', async () => {
    const args = ['publish', join(folder, 'triple.onnx'), '--name', 'double', '--as', 'fast', '--why', 'because'];
    const { exit, json } = await document(args);
    expect(exit).toBe(0);
    expect(json).toMatchObject({
      model: 'double',
      version: 'fast',
      added: true,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  it('promotes, lists, rolls back and shows the audit', async () => {
    const promoted = await brink(['promote', 'double', 'v1', '--bake', '0']);
    expect(promoted.stdout).toMatch(/^double: every edge serves v1 within 2 s \(epoch \d\)\.\n.*\(--bake 0\)/);
    expect((await document(['promote', 'double', 'fast', '--why', 'is faster'])).json).toMatchObject({
      release: { stable: { version: 'fast' } },
    });
    const models = await brink(['models']);
    expect(models.stdout).toMatch(/^MODEL {2,}SERVES .*\ndouble {2,}fast {2,}[0-9a-f]{12} {2,}v1 /);
    const rolled = await brink(['rollback', 'double', '--why', 'misreads']);
    expect(rolled.stdout).toMatch(
      /double serves v1[\s\S]*fast .* is withdrawn: the fence held after 2\.3 s[\s\S]*Reach: all/,
    );
    const versions = await brink(['versions', 'double']);
    expect(versions.stdout).toMatch(/v1 .*serves, last good[\s\S]*fast .*withdrawn/);
    const audit = await document(['audit', 'double', '--limit', '1']);
    expect(audit.json).toMatchObject({ rows: [{ action: 'rollback', why: 'misreads' }, {}, {}, {}, {}] });
    expect((await brink(['audit', 'double'])).stdout).toMatch(/rollback {2,}fast → v1 {2,}fake {2,}misreads/);
  });

  it('says what it means when a rollback reaches only what is connected', async () => {
    await brink(['promote', 'double', 'fast', '--bake', '0', '--lift-fence']);
    const { stdout } = await brink(['rollback', 'double', '--to', 'v1']);
    expect(stdout).toMatch(/Reach: connected\. It was the last good version: an edge that is cut off/);
  });
});

describe('brink, asking a model', () => {
  it('infers from JSON and keeps the digits of 64-bit integers in --json', async () => {
    const { exit, stdout, stderr } = await brink(['infer', 'double', '--input', 'x=[1,2,3,4]', '--json']);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('"data":[9007199254740993]');
    expect(JSON.parse(stdout)).toMatchObject({ servedBy: 'edge', version: 'v1', epoch: 2, digest: 'd'.repeat(64) });
  });

  it('takes a whole request from standard input', async () => {
    const { exit, stdout, stderr } = await brink(['infer', 'double', '--request', '-'], { stdin: '{"inputs":[]}' });
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^OUTPUT .*\ny {2,}INT64/);
    expect(stderr).toBe('double v1, served by the edge\n');
  });

  it('says when the origin answers because the edge is still loading the model', async () => {
    const cold = { ...served, 'x-brink-served-by': 'origin', 'x-brink-attempts': 'edge:loading, origin:ok' };
    fake.instead.set('POST /v1/models/cold/predict', () => ({ status: 200, body: {}, headers: cold }));
    const { stderr } = await brink(['predict', 'cold', join(folder, 'a.png')]);
    expect(stderr).toBe('double v1, served by the origin (the edge is still loading it)\n');
  });

  it('tells who predicts with a model without handler to infer', async () => {
    const body = { error: 'it has no handler', code: 'no-handler' };
    fake.instead.set('POST /v1/models/raw/predict', () => ({ status: 400, body }));
    const { exit, json } = await document(['predict', 'raw', join(folder, 'a.png')]);
    expect({ exit, code: json['code'] }).toEqual({ exit: 2, code: 'no-handler' });
    expect(json['error']).toContain('brink infer raw --input');
  });

  it('predicts from a file, and lets no answer steer the terminal', async () => {
    const { exit, stdout } = await brink(['predict', 'double', join(folder, 'a.png')]);
    expect(exit).toBe(0);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toContain('"text": "ab');
  });

  it('predicts with a version and parameters', async () => {
    const args = ['predict', 'double', '-', '--content-type', 'text/plain', '--version', 'v1', '--parameter', 'a=b'];
    expect((await document(args, { stdin: 'hello' })).json).toMatchObject({ answer: { text: 'v1' } });
  });
});

describe('the exit status of brink', () => {
  const fail = (name: string, status: number, code: string): string => {
    fake.instead.set(name, () => ({ status, body: { error: `it says ${code}`, code } }));
    return name;
  };

  it.each<[number, string, string[]]>([
    [2, 'an unknown option', ['models', '--nonsense']],
    [2, 'an unknown command', ['nonsense']],
    [2, 'a missing argument', ['promote', 'double']],
    [2, 'a name that is none', ['versions', '../double']],
    [2, 'a number that is none', ['audit', 'double', '--limit', 'many']],
    [2, 'a URL that is none', ['models', '--url', 'ftp://here']],
    [2, 'an input that the model does not have', ['infer', 'double', '--input', 'z=1']],
    [2, 'neither input nor request', ['infer', 'double']],
    [2, 'a file that is not there', ['predict', 'double', '/nowhere.png']],
    [2, 'a file of unknown kind', ['predict', 'double', '/nowhere.xyz']],
    [2, 'a folder that cannot be published', ['publish', '/nowhere']],
    [3, 'an unknown model', ['versions', 'unknown']],
    [3, 'an unknown version', ['promote', 'double', 'v99']],
    [4, 'a change that comes too late', ['promote', 'double', 'v1', '--expect-epoch', '0']],
    [5, 'a wrong token', ['models', '--token', 'wrong']],
    [6, 'a server that is not there', ['models', '--url', 'http://127.0.0.1:1']],
  ])('is %i for %s, with one clear line and {error, code} in --json', async (exit, _, args) => {
    const { exit: got, json, stderr } = await document(args);
    expect(got).toBe(exit);
    expect(Object.keys(json)).toEqual(['error', 'code']);
    expect(stderr.split('\n').filter((line) => line.startsWith('brink: '))).toHaveLength(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('is 2 when the server finds fault with what was given, 1 when the server fails', async () => {
    fail('GET /admin/v1/models', 400, 'bad-name');
    expect(await document(['models'])).toMatchObject({
      exit: 2,
      json: { code: 'bad-name', error: 'it says bad-name' },
    });
    fail('GET /admin/v1/models', 503, 'control-unreachable');
    expect(await document(['models'])).toMatchObject({ exit: 1, json: { code: 'control-unreachable' } });
    fake.instead.set('GET /admin/v1/models', () => ({ status: 200, body: '<html>' }));
    expect(await document(['models'])).toMatchObject({ exit: 1, json: { code: 'unexpected-answer' } });
    fake.instead.set('GET /admin/v1/models', () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }));
    expect(await document(['models'])).toMatchObject({ exit: 6 });
    fake.instead.delete('GET /admin/v1/models');
  });

  it('is 6 when no answer comes within --timeout', async () => {
    fake.instead.set('GET /admin/v1/models', () => new Promise(() => undefined));
    const { exit, stderr } = await brink(['models', '--timeout', '50']);
    fake.instead.delete('GET /admin/v1/models');
    expect({ exit, stderr }).toEqual({ exit: 6, stderr: `brink: no answer from ${fake.url} within 50 ms\n` });
  });

  it('is 130 after Ctrl-C, with {error, code} in --json', async () => {
    const reached = new Promise<void>((resolve) => {
      fake.instead.set('GET /admin/v1/models', () => {
        resolve();
        return new Promise(() => undefined);
      });
    });
    const { exit, json, stderr } = await document(['models'], {
      meanwhile: async (kill) => reached.then(() => kill('SIGINT')),
    });
    fake.instead.delete('GET /admin/v1/models');
    expect({ exit, json, stderr }).toEqual({
      exit: 130,
      json: { error: 'interrupted', code: 'interrupted' },
      stderr: 'brink: interrupted\n',
    });
  });
});

describe('the help of brink', () => {
  const commands = ['publish', 'models', 'versions', 'promote', 'rollback', 'audit', 'infer', 'predict', 'load'];

  it('lists every command, where the edge is looked for, and the exit codes', async () => {
    const { exit, stdout, stderr } = await brink(['--help']);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    for (const command of commands) expect(stdout).toContain(`  ${command} `);
    expect(stdout).toMatch(/BRINK_URL[\s\S]*BRINK_TOKEN[\s\S]*BRINK_HOME[\s\S]*Exit codes:/);
  });

  it.each(commands)('of %s has examples and the exit codes', async (command) => {
    const { exit, stdout } = await brink([command, '--help']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(new RegExp(`Examples:\\n {2}\\$ .*brink ${command}\\b[\\s\\S]*Exit codes:\\n {2}0 `));
    for (const option of ['--json', '--url', '--token', '--timeout']) expect(stdout).toContain(option);
  });

  it('names what publish takes, and how long a version bakes', async () => {
    expect((await brink(['publish', '--help'])).stdout).toContain('<folder|model.onnx>');
    expect((await brink(['promote', '--help'])).stdout).toMatch(/--bake <ms> .*\(default: 60000\)/);
  });

  it('comes with status 2 when no command was given', async () => {
    expect((await brink([])).exit).toBe(2);
    expect((await document([])).json).toMatchObject({ code: 'usage' });
  });

  it('tells its version', async () => {
    expect((await brink(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
