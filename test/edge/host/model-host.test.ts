import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '../../../edge/artifact-keys.js';
import { blobCacheUrl } from '../../../edge/host/artifact-store.js';
import { unwrap } from '../../../shared/errors/brink-error.js';
import type { Tensor, TensorSpec } from '../../../shared/protocol/tensor.js';
import { projectRoot } from '../../../scripts/local/project-root.js';
import { startTestEdge, type TestEdge } from '../../harness/edge.js';
import {
  doubleModel,
  echoModel,
  externalDoubleModel,
  gatherModel,
  hogModel,
  type TestModel,
} from '../../harness/onnx.js';
import { sampleTensors } from '../../harness/tensors.js';
import { makeVersion, type TestVersion } from '../../harness/versions.js';

const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) };
const elements = (count: number): Tensor => ({
  name: 'elements',
  datatype: 'INT64',
  shape: [1],
  data: BigInt64Array.of(BigInt(count)),
});

async function store(edge: TestEdge, { blobs }: TestVersion): Promise<void> {
  for (const [sha256, bytes] of blobs) await edge.bucket.put(blobKey(sha256), bytes);
}

describe('the model host in workerd', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startTestEdge({ source: 'test/harness/counting-worker.ts', hostEntrypoint: 'CountingHost' });
  });
  afterAll(() => edge.dispose());

  const reads = (): Promise<number> => (edge.host as unknown as { bucketReads(): Promise<number> }).bucketReads();

  it('hands tensors of every datatype back as they came', async () => {
    const version = await makeVersion({ main: echoModel() });
    await store(edge, version);
    const inputs = sampleTensors();
    const outputs = unwrap(await edge.host.infer(version.target, inputs, 10_000));
    expect(outputs).toEqual(inputs.map((input) => ({ ...input, name: input.name.replace('in_', 'out_') })));
  });

  it('loads once, reading each blob once, for all who ask at the same time', async () => {
    const version = await makeVersion({ main: externalDoubleModel('weights.bin', 3) });
    await store(edge, version);
    const before = await reads();
    const answers = await Promise.all(Array.from({ length: 8 }, () => edge.host.infer(version.target, [x], 10_000)));
    for (const answer of answers) expect(unwrap(answer)[0]?.data).toEqual(Float32Array.of(3, 6, 9, 12));
    expect(await reads()).toBe(before + 2);
  });

  it('goes on with a load when the one who asked for it does not wait', async () => {
    const version = await makeVersion({ main: doubleModel(5) });
    await store(edge, version);
    const left = await edge.host.infer(version.target, [x], 0);
    expect(left).toMatchObject({ ok: false, failure: { code: 'deadline-exceeded' } });
    const { digest } = version.target;
    await edge.logged('version-loaded', { digest }); // nobody asks again, nobody waits
    expect(await edge.host.status([digest])).toEqual({ [digest]: 'ready' });
  });

  it('says how ready it is', async () => {
    const version = await makeVersion({ main: doubleModel(7) });
    const { digest } = version.target;
    expect(await edge.host.status([digest])).toEqual({ [digest]: 'absent' });
    expect(await edge.host.prefetch(version.target)).toMatchObject({
      ok: false,
      failure: { code: 'artifact-unavailable' },
    });
    expect(await edge.host.status([digest])).toEqual({ [digest]: 'failed' });
    const stored = await makeVersion({ main: doubleModel(8) });
    await store(edge, stored);
    expect(await edge.host.prefetch(stored.target)).toEqual({ ok: true, value: null });
    expect(await edge.host.status([stored.target.digest])).toEqual({ [stored.target.digest]: 'ready' });
  });

  it('drops a corrupt blob of the cache, fetches it again from R2 and says so', async () => {
    const version = await makeVersion({ main: doubleModel(9) });
    await store(edge, version);
    const { sha256 } = version.target.manifest.graphs['main']!.model;
    await edge.cachePut(blobCacheUrl(sha256), 'not the model');
    expect(unwrap(await edge.host.infer(version.target, [x], 10_000))[0]?.data).toEqual(Float32Array.of(9, 18, 27, 36));
    await edge.logged('artifact-corrupt', { tier: 'cache', sha256 });
  });

  it('never serves a corrupt blob of R2', async () => {
    const version = await makeVersion({ main: doubleModel(10) });
    const [sha256 = '', bytes = new Uint8Array()] = [...version.blobs][0] ?? [];
    const flipped = bytes.slice();
    flipped[40] = (flipped[40] ?? 0) ^ 1;
    await edge.bucket.put(blobKey(sha256), flipped);
    const answer = await edge.host.infer(version.target, [x], 10_000);
    expect(answer).toMatchObject({ ok: false, failure: { code: 'artifact-corrupt' } });
    await edge.logged('artifact-corrupt', { tier: 'r2', sha256 });
  });

  it('answers what the model says to bad inputs as the fault of the caller, and goes on', async () => {
    const version = await makeVersion({ main: gatherModel() });
    await store(edge, version);
    const index = (at: bigint): Tensor => ({
      name: 'index',
      datatype: 'INT64',
      shape: [1],
      data: BigInt64Array.of(at),
    });
    const answer = await edge.host.infer(version.target, [index(99n)], 10_000);
    expect(answer).toMatchObject({ ok: false, failure: { code: 'model-rejected-input' } });
    expect(JSON.stringify(answer)).not.toMatch(/onnxruntime|\/|ERROR_CODE/);
    expect(unwrap(await edge.host.infer(version.target, [index(2n)], 10_000))[0]?.data).toEqual(Float32Array.of(3));
  });

  it('refuses infer without a tensor graph, predict without a handler, and a handler that it lacks', async () => {
    const input = { contentType: 'image/png', bytes: new Uint8Array(), parameters: {} };
    const bare = await makeVersion({ main: doubleModel() }, { inferGraph: null });
    expect(await edge.host.infer(bare.target, [x], 1_000)).toMatchObject({ failure: { code: 'no-tensor-signature' } });
    expect(await edge.host.predict(bare.target, input, 1_000)).toMatchObject({ failure: { code: 'no-handler' } });
    const ahead = await makeVersion({ main: doubleModel() }, { handler: { name: 'ocr-line', version: 99 } });
    expect(await edge.host.predict(ahead.target, input, 1_000)).toMatchObject({ failure: { code: 'handler-missing' } });
  });

  it('logs nothing but its own lines, and nothing of the inputs', () => {
    expect(edge.lines.filter(({ message }) => !message.startsWith('{') || message.includes('idx=99'))).toEqual([]);
  });
});

describe('the model host under a tiny budget', () => {
  it('lets the least recently used version go, and loads it again when it is asked for', async () => {
    const edge = await startTestEdge({ vars: { EDGE_SESSION_BUDGET_MIB: '9' } }); // each of these counts 4 MiB
    try {
      const versions = await Promise.all([1, 2, 3].map((factor) => makeVersion({ main: doubleModel(factor) })));
      for (const version of versions) await store(edge, version);
      const [a, b, c] = versions as [TestVersion, TestVersion, TestVersion];
      for (const version of [a, b, a, c]) unwrap(await edge.host.infer(version.target, [x], 10_000));
      const status = await edge.host.status(versions.map(({ target }) => target.digest));
      expect(status).toEqual({ [a.target.digest]: 'ready', [b.target.digest]: 'absent', [c.target.digest]: 'ready' });
      expect(unwrap(await edge.host.infer(b.target, [x], 10_000))[0]?.data).toEqual(Float32Array.of(2, 4, 6, 8));
    } finally {
      await edge.dispose();
    }
  });
});

describe('the model host when the heap runs out', () => {
  it('fails that run alone: other versions and later runs answer', async () => {
    const edge = await startTestEdge({ vars: { EDGE_HEAP_MAX_MIB: '32' } });
    try {
      const hog = await makeVersion({ main: hogModel() });
      const double = await makeVersion({ main: doubleModel() });
      await store(edge, hog);
      await store(edge, double);
      unwrap(await edge.host.infer(double.target, [x], 10_000));
      const answer = await edge.host.infer(hog.target, [elements(50_000_000)], 10_000);
      expect(answer).toMatchObject({ ok: false, failure: { code: 'heap-exhausted' } });
      expect(unwrap(await edge.host.infer(hog.target, [elements(1_000)], 10_000))[0]?.data).toEqual(Float32Array.of(0));
      expect(unwrap(await edge.host.infer(double.target, [x], 10_000))[0]?.data).toEqual(Float32Array.of(2, 4, 6, 8));
    } finally {
      await edge.dispose();
    }
  });
});

describe('the model host when a model does not fit into the heap', () => {
  const assets = join(projectRoot(), 'node_modules', '@gutenye', 'ocr-models', 'assets');
  const asset = (name: string): TestModel => ({
    bytes: new Uint8Array(readFileSync(join(assets, `${name}.onnx`))),
    signature: { inputs: [image(-1, -1)], outputs: [image(-1, -1)] }, // of no interest to the host
    externalData: {},
  });
  const image = (height: number, width: number): TensorSpec => ({
    name: 'x',
    datatype: 'FP32',
    shape: [1, 3, height, width],
  });

  it('says so, remembers it, and goes on with models that do', async () => {
    const edge = await startTestEdge({ vars: { EDGE_HEAP_MAX_MIB: '36' } });
    try {
      const recogniser = await makeVersion({ main: asset('ch_PP-OCRv4_rec_infer') });
      const orientation = await makeVersion({ main: asset('ch_ppocr_mobile_v2.0_cls_infer') });
      await store(edge, recogniser);
      await store(edge, orientation);
      const line: Tensor = { ...image(48, 192), shape: [1, 3, 48, 192], data: new Float32Array(3 * 48 * 192) };
      const answer = await edge.host.infer(recogniser.target, [line], 30_000);
      expect(answer).toMatchObject({ ok: false, failure: { code: 'heap-exhausted' } });
      expect(JSON.stringify(answer)).not.toContain('bad_alloc');
      expect(unwrap(await edge.host.infer(orientation.target, [line], 30_000))[0]?.shape).toEqual([1, 2]);
      const digests = [recogniser.target.digest, orientation.target.digest];
      expect(Object.values(await edge.host.status(digests))).toEqual(['failed', 'ready']);
    } finally {
      await edge.dispose();
    }
  });
});

describe('the model host with a cache that forgets everything', () => {
  it('only reads R2 more often', async () => {
    const edge = await startTestEdge({ miniflare: { cache: false } });
    try {
      const version = await makeVersion({ main: externalDoubleModel() });
      await store(edge, version);
      expect(unwrap(await edge.host.infer(version.target, [x], 10_000))[0]?.data).toEqual(Float32Array.of(2, 4, 6, 8));
    } finally {
      await edge.dispose();
    }
  });
});
