import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobKey } from '../../../edge/artifact-keys.js';
import { unwrap } from '../../../shared/errors/brink-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { startTestEdge, type TestEdge } from '../../harness/edge.js';
import { doubleModel } from '../../harness/onnx.js';
import { makeVersion, type TestVersion } from '../../harness/versions.js';

const rows = (count: number): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [count, 4],
  data: new Float32Array(count * 4).fill(1),
});

describe('the model host and a run above what was measured to fit', () => {
  let edge: TestEdge;
  let version: TestVersion;
  beforeAll(async () => {
    edge = await startTestEdge();
    const plain = await makeVersion({ main: doubleModel() });
    const { main } = plain.target.manifest.graphs;
    version = await makeVersion({ main: doubleModel() }, { graphs: { main: { ...main!, edgeElementsMax: 8 } } });
    for (const [sha256, bytes] of version.blobs) await edge.bucket.put(blobKey(sha256), bytes);
  });
  afterAll(() => edge.dispose());

  it('refuses it with both numbers, before it loads anything', async () => {
    expect(await edge.host.infer(version.target, [rows(3)], 10_000)).toMatchObject({
      ok: false,
      failure: { code: 'tensor-too-large', message: /at most the 8 input elements .* got 12$/ },
    });
    expect(Object.values(await edge.host.status([version.target.digest]))).toEqual(['absent']);
    expect(unwrap(await edge.host.infer(version.target, [rows(2)], 10_000))[0]?.shape).toEqual([2, 4]);
  });

  it('tries it where it is told that nobody else can', async () => {
    const answer = await edge.host.infer(version.target, [rows(3)], 10_000, { aboveMeasured: 'try' });
    expect(unwrap(answer)[0]?.shape).toEqual([3, 4]);
  });
});
