import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../../scripts/commands/run-cli.js';
import { manifestKey } from '../../../edge/artifact-keys.js';
import { doubleModel } from '../../harness/onnx.js';
import { adminToken, ask, Stack } from '../../harness/stack.js';

let stack: Stack;
let folder: string;
let digest: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brink-sign-'));
  stack = await Stack.start({ withoutOrigin: true });
  digest = await stack.releaseTest('double', doubleModel());
});
afterAll(async () => {
  await stack.dispose();
  await rm(folder, { recursive: true, force: true });
});

interface Said {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function brink(...args: readonly string[]): Promise<Said> {
  let [stdout, stderr] = ['', ''];
  const terminal = {
    stdout: (text: string) => void (stdout += text),
    stderr: (text: string) => void (stderr += text),
    stdin: () => Promise.resolve(new Uint8Array()),
    colors: false,
    interactive: false,
    env: { BRINK_URL: stack.edge.url, BRINK_TOKEN: adminToken },
    cwd: folder,
    actor: 'tester@here',
    signal: new AbortController().signal,
  };
  const exit = await runCli(args, terminal, '0.0.0');
  return { exit, stdout, stderr };
}
const at = (name: string): string => join(folder, name);

describe('brink keys', () => {
  it('makes a key, prints the line to paste and nothing else on standard output, and shows it again', async () => {
    const made = await brink('keys', 'new', at('my release.pem'));
    expect([made.exit, made.stderr]).toEqual([0, expect.stringMatching(/keep it secret.*SIGNATURE_KEYS/s)]);
    expect(made.stdout).toMatch(/^my-release=[A-Za-z0-9+/]{43}=\n$/);
    expect((await stat(at('my release.pem'))).mode & 0o777).toBe(0o600);
    expect((await brink('keys', 'show', at('my release.pem'))).stdout).toBe(made.stdout);
    const shown = await brink(
      'keys',
      'show',
      at('my release.pem'),
      '--json',
      '--name',
      'ci',
      '--expires',
      '2030-01-31',
    );
    const { line, key } = JSON.parse(shown.stdout) as { line: string; key: string };
    expect([line, key]).toEqual([`${made.stdout.trim().replace('my-release', 'ci')}@2030-01-31`, expect.stringMatching(/^[0-9a-f]{16}$/)]); // prettier-ignore
  });

  it('writes over nothing, and refuses names and dates that no edge would take', async () => {
    expect(await brink('keys', 'new', at('my release.pem'))).toMatchObject({ exit: 2, stderr: expect.stringContaining('exists already') as string }); // prettier-ignore
    expect((await brink('keys', 'new', at('b.pem'), '--expires', '2030-02-31')).exit).toBe(2);
    expect((await brink('keys', 'new', at('b.pem'), '--name', 'a=b')).exit).toBe(2);
    await expect(stat(at('b.pem'))).rejects.toThrow();
  });
});

describe('brink sign', () => {
  it('signs a published version beside others, and brink versions tells by whom', async () => {
    const lines = [await brink('keys', 'new', at('a.pem')), await brink('keys', 'new', at('b.pem'))].map(({ stdout }) => stdout.trim()); // prettier-ignore
    const first = await brink('sign', 'double@v1', '--key', at('a.pem'));
    expect([first.exit, first.stdout]).toEqual([
      0,
      expect.stringMatching(/^signed double v1 \([0-9a-f]+…?\) with key/),
    ]);
    const second = await brink('sign', 'double@v1', '--key', at('b.pem'), '--expect-digest', digest, '--json');
    expect((JSON.parse(second.stdout) as { signedBy: string[] }).signedBy).toHaveLength(2);
    await stack.edge.setVars({ SIGNATURE_POLICY: 'require', SIGNATURE_KEYS: lines.join(',') });
    expect((await brink('versions', 'double')).stdout).toMatch(/SIGNED BY[^]*a, b|SIGNED BY[^]*b, a/);
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
    expect((await ask(`${stack.edge.url}/v2/models/double/infer`, { body, headers })).status).toBe(200);
  });

  it('signs nothing but what it was asked for', async () => {
    const exitOf = async (...args: string[]): Promise<number> =>
      (await brink('sign', ...args, '--key', at('a.pem'))).exit;
    expect(await exitOf('double@v2')).toBe(3);
    expect(await exitOf('triple@v1')).toBe(3);
    expect(await exitOf('double')).toBe(2);
    const other = await brink('sign', 'double@v1', '--key', at('a.pem'), '--expect-digest', 'a1'.repeat(32));
    expect([other.exit, other.stderr]).toEqual([2, expect.stringContaining('nothing was signed')]);
    expect((await brink('sign', 'double@v1', '--key', at('none.pem'))).exit).toBe(2);
  });

  it('signs no manifest that was changed since it was published', async () => {
    const bucket = (await stack.edge.miniflare.getR2Bucket('BLOBS')) as unknown as R2Bucket;
    const text = await (await bucket.get(manifestKey(digest)))!.text();
    await bucket.put(manifestKey(digest), text.replace('"deadlineMs":10000', '"deadlineMs":20000'));
    const refused = await brink('sign', 'double@v1', '--key', at('a.pem'));
    expect([refused.exit, refused.stderr]).toEqual([2, expect.stringMatching(/got one of .*nothing was signed/)]);
    await bucket.put(manifestKey(digest), text);
  });
});
