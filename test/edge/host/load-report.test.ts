import { describe, expect, it } from 'vitest';
import { blobKey } from '../../../edge/artifact-keys.js';
import type { IsolateReport } from '../../../edge/host/isolate-report.js';
import { unwrap } from '../../../shared/errors/brink-error.js';
import { startTestEdge, type TestEdge } from '../../harness/edge.js';
import { externalDoubleModel } from '../../harness/onnx.js';
import { makeVersion, type TestVersion } from '../../harness/versions.js';

const x = { name: 'x', datatype: 'FP32' as const, shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) };
const report = (edge: TestEdge): Promise<IsolateReport> =>
  (edge.host as unknown as { report(): Promise<IsolateReport> }).report();
const bytesOf = ({ blobs }: TestVersion): number => [...blobs.values()].reduce((sum, { length }) => sum + length, 0);

/** Two versions with the same blobs, asked for at the same time in one isolate. */
async function loadTwo(loadsMax: string): Promise<{ edge: TestEdge; versions: readonly TestVersion[] }> {
  const edge = await startTestEdge({ vars: { EDGE_LOADS_MAX: loadsMax } });
  const make = (settings: Record<string, number>): Promise<TestVersion> =>
    makeVersion({ main: externalDoubleModel() }, { settings });
  const versions = await Promise.all([make({ a: 1 }), make({ a: 2 })]);
  for (const [sha256, bytes] of versions[0].blobs) await edge.bucket.put(blobKey(sha256), bytes);
  const answers = await Promise.all(versions.map(({ target }) => edge.host.infer(target, [x], 10_000)));
  for (const answer of answers) expect(unwrap(answer)[0]?.data).toEqual(Float32Array.of(2, 4, 6, 8));
  return { edge, versions };
}

describe('what an isolate says of its loads', () => {
  it('is, one version after the other, where each came from and the most that was held at once', async () => {
    const { edge, versions } = await loadTwo('1');
    try {
      const bytes = bytesOf(versions[0]!);
      const rows = await Promise.all(
        versions.map(({ target: { digest } }) => edge.logged('version-loaded', { digest })),
      );
      for (const row of rows) {
        expect(row['peakArtifactBytes']).toBe(bytes); // never those of both
        expect(row['heapBytes']).toBeGreaterThan(0);
      }
      expect(rows[0]?.['artifacts']).toEqual({
        cache: { miss: { reads: 2, bytes: 0 } },
        r2: { hit: { reads: 2, bytes } },
      });
      expect(await report(edge)).toMatchObject({
        versions: Object.fromEntries(versions.map(({ target }) => [target.digest, 'ready'])),
        broken: false,
        heapBytesMax: 96 * 1024 * 1024,
        artifactBytes: 0, // the sessions have the weights
        peakArtifactBytes: bytes,
      });
    } finally {
      await edge.dispose();
    }
  });

  it('is, where two may load at once, that R2 is read once for what they share', async () => {
    const { edge, versions } = await loadTwo('2');
    try {
      const { artifacts } = await report(edge);
      expect(artifacts.r2?.hit).toEqual({ reads: 2, bytes: bytesOf(versions[0]!) });
    } finally {
      await edge.dispose();
    }
  });
});
