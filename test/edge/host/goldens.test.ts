import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '../../../edge/artifact-keys.js';
import { unwrap } from '../../../shared/errors/brink-error.js';
import type { Golden } from '../../../shared/golden/golden.js';
import { manifestDigest, sha256Hex } from '../../../shared/manifest/digest.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { startTestEdge, type TestEdge } from '../../harness/edge.js';
import { doubleModel, gatherModel, type TestModel } from '../../harness/onnx.js';
import { makeVersion, type TestVersion } from '../../harness/versions.js';
import { withGoldens } from '../../harness/with-golden.js';

const row = (name: string, ...values: number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [1, 4],
  data: Float32Array.from(values),
});
const x = row('x', 1, 2, 3, 4);
/** What `doubleModel(factor)` answers. */
const goldenOf = (factor: number): Golden => ({
  inputs: [row('x', 1, -2, 0.5, 4)],
  outputs: [row('y', factor, -2 * factor, 0.5 * factor, 4 * factor)],
});

/** A version of one graph with goldens, stored at the edge. */
async function stored(
  edge: TestEdge,
  model: TestModel,
  goldens: readonly (Golden | Uint8Array)[],
  graphs: Readonly<Record<string, TestModel>> = { main: model },
): Promise<TestVersion> {
  const { target, blobs } = await makeVersion(graphs);
  const put = async (bytes: Uint8Array): Promise<{ sha256: string; bytes: number }> => {
    const sha256 = await sha256Hex(bytes);
    await edge.bucket.put(blobKey(sha256), bytes);
    return { sha256, bytes: bytes.length };
  };
  for (const bytes of blobs.values()) await put(bytes);
  const manifest = { ...target.manifest, graphs: await withGoldens(target.manifest.graphs, 'main', goldens, put) };
  return { target: { ...target, manifest, digest: await manifestDigest(manifest) }, blobs };
}

describe('a version with goldens in workerd', () => {
  let edge: TestEdge;
  beforeAll(async () => {
    edge = await startTestEdge();
  });
  afterAll(() => edge.dispose());

  const events = (event: string, digest: string): number =>
    edge.lines.filter(({ message }) => message.includes(`"event":"${event}"`) && message.includes(digest)).length;

  it('answers when it gives the answers that it was published with', async () => {
    const { target } = await stored(edge, doubleModel(3), [goldenOf(3)]);
    expect(unwrap(await edge.host.infer(target, [x], 10_000))[0]?.data).toEqual(Float32Array.of(3, 6, 9, 12));
  });

  it('never answers when its weights are others than they were, and others go on', async () => {
    const good = await stored(edge, doubleModel(2), [goldenOf(2)]);
    const changed = await stored(edge, doubleModel(2.01), [goldenOf(2)]); // every digest is right
    const { digest } = changed.target;
    for (let call = 0; call < 3; call++) {
      const answer = await edge.host.infer(changed.target, [x], 10_000);
      expect(answer).toMatchObject({
        ok: false,
        failure: {
          code: 'golden-failed',
          message: expect.stringMatching(/output "y" elements within .*, got 2.01 for 2 at 0 \(4 of 4/) as string,
        },
      });
      expect(unwrap(await edge.host.infer(good.target, [x], 10_000))[0]?.data).toEqual(Float32Array.of(2, 4, 6, 8));
    }
    expect(await edge.host.status([digest, good.target.digest])).toEqual({
      [digest]: 'failed',
      [good.target.digest]: 'ready',
    });
    await edge.logged('golden-failed', { digest, model: 'test' });
    expect([events('golden-failed', digest), events('version-loaded', digest)]).toEqual([1, 0]); // it was loaded once
  });

  it('never answers when a graph beside the one that infer runs fails its golden', async () => {
    const graphs = { first: doubleModel(5), main: doubleModel(6) };
    const { target } = await stored(edge, doubleModel(), [goldenOf(7)], graphs);
    expect(await edge.host.infer(target, [x], 10_000)).toMatchObject({ failure: { code: 'golden-failed' } });
  });

  it('never answers when it refuses the inputs of its golden', async () => {
    const index: Tensor = { name: 'index', datatype: 'INT64', shape: [1], data: BigInt64Array.of(99n) };
    const golden = { inputs: [index], outputs: [row('y', 1, 1, 1, 1)] };
    const { target } = await stored(edge, gatherModel(), [golden]);
    const answer = await edge.host.infer(target, [{ ...index, data: BigInt64Array.of(2n) }], 10_000);
    expect(answer).toMatchObject({ failure: { code: 'golden-failed' } });
  });

  it('is artifact-corrupt when its golden is damaged, in R2 or before it was published', async () => {
    const version = await stored(edge, doubleModel(11), [goldenOf(11)]);
    const [golden] = version.target.manifest.graphs['main']?.goldens ?? [];
    await edge.bucket.put(blobKey(golden?.sha256 ?? ''), 'not the golden');
    const [inStore, before] = [version.target, (await stored(edge, doubleModel(12), [Uint8Array.of(1, 2)])).target];
    for (const target of [inStore, before]) {
      expect(await edge.host.infer(target, [x], 10_000)).toMatchObject({ failure: { code: 'artifact-corrupt' } });
    }
    expect(await edge.host.status([inStore.digest, before.digest])).toEqual({
      [inStore.digest]: 'failed',
      [before.digest]: 'failed',
    });
  });

  it('runs the first golden only: the others are for publishing', async () => {
    const { target } = await stored(edge, doubleModel(13), [goldenOf(13), goldenOf(14)]);
    expect(unwrap(await edge.host.infer(target, [x], 10_000))[0]?.data).toEqual(Float32Array.of(13, 26, 39, 52));
  });
});
