import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AdminClient } from '../../../scripts/client/admin-client.js';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { prepareVersion } from '../../../scripts/publish/prepare-version.js';
import { publish } from '../../../scripts/publish/publish.js';
import type { PublishEvent } from '../../../scripts/publish/publish-events.js';
import type { Content } from '../../../scripts/publish/content/content.js';
import { InMemory } from '../../../scripts/publish/content/in-memory.js';
import { uploadBlobs, uploadsAtOnceMax } from '../../../scripts/publish/upload-blobs.js';
import { sha256Hex } from '../../../shared/manifest/digest.js';
import { doubleModel, externalDoubleModel, makeModel, node, unsupportedModels } from '../../harness/onnx.js';
import { FakeAdmin, fakeToken } from '../fake-admin.js';
import { folderOf, removeFolder } from '../model-folder.js';

const folders: string[] = [];
const made = async (files: Record<string, string | Uint8Array>): Promise<string> => {
  const folder = await folderOf(files);
  folders.push(folder);
  return folder;
};
const modelFolder = (factor = 2) =>
  made({
    'definition.json': JSON.stringify({
      name: 'double',
      graphs: { main: { from: 'a.onnx' } },
      files: { labels: { from: 'l.txt' } },
    }),
    'a.onnx': doubleModel(factor).bytes,
    'l.txt': 'one\ntwo\n',
  });

let fake: FakeAdmin;
let client: AdminClient;
beforeAll(() => {
  if (!existsSync(join(projectRoot(), 'dist/origin/runner.js'))) throw new Error('run "node scripts/build.mjs" first');
});
beforeEach(async () => {
  fake = await FakeAdmin.start();
  client = new AdminClient({ url: fake.url, token: fakeToken, actor: 'tester@here' });
});
afterEach(async () => {
  await fake.stop();
  await Promise.all(folders.splice(0).map(removeFolder));
});
const why = 'a test';
const uploads = () => fake.requests.filter((request) => request.startsWith('PUT'));

describe('preparing a version', () => {
  it('reads the signature from the graph and names every blob', async () => {
    const { manifest, blobs, digest } = await prepareVersion(await modelFolder(), { trials: false });
    expect(manifest.graphs['main']?.signature).toEqual(doubleModel().signature);
    expect(blobs.size).toBe(2);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it('gives the same digest for the same input in another folder', async () => {
    const [one, other] = [
      await prepareVersion(await modelFolder(), { trials: false }),
      await prepareVersion(await modelFolder(), { trials: false }),
    ];
    expect(one.digest).toBe(other.digest);
  });

  it('takes external weights that are declared', async () => {
    const { bytes, externalData } = externalDoubleModel('weights.bin');
    const definition = {
      name: 'ext',
      graphs: { main: { from: 'a.onnx', externalData: { 'weights.bin': { from: 'w/file' } } } },
    };
    const folder = await made({
      'definition.json': JSON.stringify(definition),
      'a.onnx': bytes,
      'w/file': externalData['weights.bin']!,
    });
    const { manifest, blobs } = await prepareVersion(folder, { optimise: false, trials: false });
    expect(Object.keys(manifest.graphs['main']?.externalData ?? {})).toEqual(['weights.bin']);
    expect(blobs.size).toBe(2);
  });

  it('refuses a graph whose external weights are not declared, though they lie beside it', async () => {
    const { bytes, externalData } = externalDoubleModel('weights.bin');
    const folder = await made({ 'a.onnx': bytes, 'weights.bin': externalData['weights.bin']! });
    await expect(prepareVersion(join(folder, 'a.onnx'))).rejects.toMatchObject({ code: 'refused-graph' });
  });

  it.each([
    ['with a sequence output', unsupportedModels().sequence],
    ['with a datatype that the protocol does not have', unsupportedModels().bfloat16],
  ])('refuses a file %s', async (_, bytes) => {
    const folder = await made({ 'a.onnx': bytes });
    await expect(prepareVersion(join(folder, 'a.onnx'))).rejects.toMatchObject({ code: 'unreadable-graph' });
  });

  it('refuses a graph that does not load in time', async () => {
    const folder = await modelFolder();
    await expect(prepareVersion(folder, { inspectTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'unreadable-graph',
      message: expect.stringContaining('deadline of 1 ms') as string,
    });
  });

  it('says of a graph that cannot be loaded what onnxruntime says, under the name that the author knows', async () => {
    const unknown = makeModel(doubleModel().signature, [node('Abracadabra', ['x'], ['y'])]);
    const folder = await made({ 'a.onnx': unknown.bytes });
    await expect(prepareVersion(join(folder, 'a.onnx'))).rejects.toThrow(
      /^graph "model" \(a\.onnx\) cannot be loaded: .*Abracadabra/,
    );
  });

  it('says of a graph that the gate refuses what is wrong with it, under the name that the author knows', async () => {
    const { bytes } = externalDoubleModel('weights.bin');
    const folder = await made({ 'a.onnx': 'not a graph', 'empty.onnx': '', 'ext.onnx': bytes });
    await expect(prepareVersion(join(folder, 'a.onnx'))).rejects.toThrow(
      /^graph "model" \(a\.onnx\) is refused: expected a file in the ONNX format/,
    );
    await expect(prepareVersion(join(folder, 'empty.onnx'))).rejects.toThrow(
      /^graph "model" \(empty\.onnx\) is refused: .* an IR version and a graph/,
    );
    await expect(prepareVersion(join(folder, 'ext.onnx'))).rejects.toThrow(
      /^graph "model" \(ext\.onnx\) is refused: .*"weights\.bin"$/,
    );
  });

  it('stops when told to', async () => {
    const leaving = new AbortController();
    const preparing = prepareVersion(await modelFolder(), {
      signal: leaving.signal,
      onEvent: ({ stage }) => (stage === 'inspect' ? leaving.abort() : undefined),
    });
    await expect(preparing).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('publishing', () => {
  it('uploads the blobs, then the manifest, and promotes nothing', async () => {
    const events: PublishEvent[] = [];
    const prepared = await prepareVersion(await modelFolder(), { trials: false });
    const result = await publish(client, prepared, { why, onEvent: (event) => events.push(event) });
    expect(result).toMatchObject({
      model: 'double',
      version: 'v1',
      added: true,
      blobs: 2,
      uploadedBlobs: 2,
      stable: null,
    });
    expect(fake.requests.at(-1)).toBe('POST /admin/v1/models/double/versions');
    expect(fake.models.get('double')?.release.stable).toBeNull();
    expect(events.map(({ stage }) => stage)).toEqual(['upload', 'upload', 'upload', 'register']);
    expect(events.at(-2)).toMatchObject({ files: 2, doneBytes: result.bytes, totalBytes: result.bytes });
    expect(new Set(fake.actors)).toEqual(new Set(['tester@here']));
  });

  it('uploads nothing the second time and answers the name that it has', async () => {
    const folder = await modelFolder();
    await publish(client, await prepareVersion(folder, { trials: false }), { why, as: 'first' });
    fake.requests.length = 0;
    const again = await publish(client, await prepareVersion(folder, { trials: false }), { why });
    expect(again).toMatchObject({ version: 'first', added: false, uploadedBlobs: 0, uploadedBytes: 0 });
    expect(fake.requests).toEqual(['GET /admin/v1/models/double/versions']);
  });

  it('uploads only what is missing of a new version, under the next name', async () => {
    await publish(client, await prepareVersion(await modelFolder(2), { trials: false }), { why });
    const second = await publish(client, await prepareVersion(await modelFolder(3), { trials: false }), { why });
    expect(second).toMatchObject({ version: 'v2', added: true, blobs: 2, uploadedBlobs: 1 });
  });

  it('goes on where a publishing that was killed had stopped', async () => {
    const prepared = await prepareVersion(await modelFolder(), { trials: false });
    const [first] = prepared.blobs;
    await client.putBlob(first![0], await first![1].bytes());
    fake.requests.length = 0;
    expect(await publish(client, prepared, { why })).toMatchObject({ added: true, uploadedBlobs: 1 });
    expect(uploads()).toHaveLength(1);
  });

  it('says that nothing is to be sent when the server has every file', async () => {
    const prepared = await prepareVersion(await modelFolder(), { trials: false });
    await publish(client, prepared, { why });
    const events: PublishEvent[] = [];
    const again = await publish(client, prepared, { why, as: 'again', onEvent: (event) => events.push(event) });
    expect(again).toMatchObject({ version: 'again', added: true, uploadedBlobs: 0 });
    expect(events[0]).toMatchObject({ stage: 'upload', files: 0, totalBytes: 0 });
  });

  it('takes the name after one that another publisher took meanwhile', async () => {
    await publish(client, await prepareVersion(await modelFolder(2), { trials: false }), { why });
    const stale = { release: { ...fake.models.get('double')!.release, versions: [] }, versions: [] };
    fake.instead.set('GET /admin/v1/models/double/versions', () => ({ status: 200, body: stale }));
    expect(await publish(client, await prepareVersion(await modelFolder(3), { trials: false }), { why })).toMatchObject(
      { version: 'v2' },
    );
  });

  it('refuses a name that another digest has, when the name was asked for', async () => {
    await publish(client, await prepareVersion(await modelFolder(2), { trials: false }), { why, as: 'v1' });
    const second = await prepareVersion(await modelFolder(3), { trials: false });
    await expect(publish(client, second, { why, as: 'v1' })).rejects.toMatchObject({
      status: 409,
      code: 'version-conflict',
    });
  });

  it('gives up with the word of the server when an upload fails', async () => {
    const prepared = await prepareVersion(await modelFolder(), { trials: false });
    const tampered = new Map([...prepared.blobs].map(([sha256]) => [sha256, new InMemory(new Uint8Array([1]))]));
    await expect(publish(client, { ...prepared, blobs: tampered }, { why })).rejects.toMatchObject({
      code: 'digest-mismatch',
    });
    expect(fake.models.has('double')).toBe(false);
  });
});

describe('uploading', () => {
  it('sends a few at once and no more', async () => {
    const blobs = new Map<string, Content>();
    for (let index = 0; index < 12; index += 1) {
      const bytes = new Uint8Array([index]);
      blobs.set(await sha256Hex(bytes), new InMemory(bytes));
    }
    expect(await uploadBlobs(client, blobs, () => undefined)).toEqual({ uploadedBlobs: 12, uploadedBytes: 12 });
    expect(fake.uploadsAtOnceMost).toBeLessThanOrEqual(uploadsAtOnceMax);
    expect(fake.blobs.size).toBe(12);
  });

  it('begins no other upload after the first failure', async () => {
    const blobs = new Map<string, Content>();
    for (let index = 0; index < 20; index += 1)
      blobs.set(await sha256Hex(new Uint8Array([index])), new InMemory(new Uint8Array([99])));
    await expect(uploadBlobs(client, blobs, () => undefined)).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(uploads().length).toBeLessThanOrEqual(uploadsAtOnceMax);
  });
});
