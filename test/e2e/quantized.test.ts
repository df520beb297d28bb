import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareOutputs } from '../../shared/golden/compare-outputs.js';
import { quantizedTolerance } from '../../shared/golden/tolerance.js';
import type { Manifest } from '../../shared/manifest/manifest.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { prepareVersion } from '../../scripts/publish/prepare-version.js';
import { dataFromJson } from '../harness/data-from-json.js';
import { imageClassifier } from '../harness/foreign-models.js';
import { doubleModel } from '../harness/onnx.js';
import { adminToken, ask, type Reply, Stack } from '../harness/stack.js';
import { folderOf, removeFolder } from '../scripts/model-folder.js';
import { runBrink } from '../scripts/run-brink.js';

const folders: string[] = [];
/** A folder with a definition that wants its graph quantized. */
async function modelFolder(name: string, bytes: Uint8Array, quantize: object | 'off'): Promise<string> {
  const definition = { name, graphs: { main: { from: 'a.onnx', quantize } } };
  const folder = await folderOf({ 'a.onnx': bytes, 'definition.json': JSON.stringify(definition) });
  folders.push(folder);
  return folder;
}
afterAll(async () => {
  for (const folder of folders) await removeFolder(folder);
});
const image = { name: 'image', datatype: 'FP32', shape: [1, 3, 32, 32], data: Array.from({ length: 3072 }, (_, at) => Math.sin(at)) }; // prettier-ignore
const graphOf = ({ graphs }: Manifest) => graphs['main']!;

describe('a version whose graph is quantized for the edge', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await Stack.start();
  });
  afterAll(() => stack.dispose());

  it('answers at the edge with the quantized graph and at the origin with its own, and verifies on both', async () => {
    const folder = await modelFolder('classifier', imageClassifier(11).bytes, { scheme: 'int8-weights' });
    const server = ['--url', stack.edge.url, '--token', adminToken];
    const published = await runBrink(['publish', folder, '--json', ...server]);
    expect(published.exit, published.stderr).toBe(0);
    const { digest } = JSON.parse(published.stdout) as { digest: string };
    expect((await runBrink(['promote', 'classifier', 'v1', ...server])).exit).toBe(0);
    const infer = (serveOn?: 'edge' | 'origin'): Promise<Reply> =>
      ask(`${stack.edge.url}/v2/models/classifier/infer`, {
        body: JSON.stringify({ inputs: [image] }),
        headers: { 'content-type': 'application/json' },
        ...(serveOn === undefined ? {} : { serveOn }),
      });
    await expect.poll(async () => (await infer()).servedBy, { timeout: 30_000 }).toBe('edge');
    const outputsOf = (reply: Reply): Tensor[] =>
      (reply.json() as { outputs: Parameters<typeof dataFromJson>[0][] }).outputs.map(dataFromJson);
    const [atEdge, atOrigin] = [await infer('edge'), await infer('origin')];
    expect([atEdge.servedBy, atOrigin.servedBy, atEdge.digest, atOrigin.digest]).toEqual(['edge', 'origin', digest, digest]); // prettier-ignore
    const [row] = compareOutputs(outputsOf(atOrigin), outputsOf(atEdge), { probabilities: quantizedTolerance });
    expect([row?.within, (row?.absolute ?? 0) > 1e-6]).toEqual([true, true]);
    const verified = await runBrink(['verify', 'classifier@v1', ...server]);
    expect([verified.exit, verified.stdout], verified.stderr).toEqual([0, expect.stringContaining('workerd')]);
  });
});

describe('publishing a definition that wants quantization', () => {
  it('stores what the edge loads beside what the origin loads, and the same digest each time', async () => {
    const folder = await modelFolder('classifier', imageClassifier(11).bytes, { scheme: 'int8-weights' });
    const [one, again] = [await prepareVersion(folder), await prepareVersion(folder)];
    expect(again.digest).toBe(one.digest);
    const graph = graphOf(one.manifest);
    expect(graph.edge?.tolerances).toEqual({ probabilities: quantizedTolerance });
    const bytes = (files: Pick<typeof graph, 'model' | 'externalData'>): number =>
      [files.model, ...Object.values(files.externalData)].reduce((sum, blob) => sum + blob.bytes, 0);
    expect(bytes(graph.edge!)).toBeLessThan(0.5 * bytes(graph));
    for (const { sha256 } of [graph.edge!.model, ...Object.values(graph.edge!.externalData)]) {
      expect(one.blobs.has(sha256)).toBe(true);
    }
    const runtimes = 'value' in one.findings.proof ? one.findings.proof.value.map(({ runtime, tolerance }) => [runtime, tolerance.cosine]) : []; // prettier-ignore
    expect(runtimes).toEqual([['native', undefined], ['workerd', 0.99]]); // prettier-ignore
    await Promise.all([one.release(), again.release()]);
  });

  it('calibrates ranges with the inputs of its goldens', async () => {
    const folder = await modelFolder('classifier', imageClassifier(11).bytes, {
      scheme: 'static-int8',
      ranges: 'min-max',
    });
    const version = await prepareVersion(folder, { measure: false });
    expect(graphOf(version.manifest).edge).toBeDefined();
    await version.release();
  });

  it('refuses what is further from the graph than its tolerance', async () => {
    const quantize = { scheme: 'int8-weights', tolerances: { probabilities: { absolute: 1e-9 } } };
    const folder = await modelFolder('classifier', imageClassifier(11).bytes, quantize);
    await expect(prepareVersion(folder)).rejects.toMatchObject({ code: 'unequal-artifacts' });
  });

  it('goes on without it where there is nothing to quantize, and says why', async () => {
    const version = await prepareVersion(await modelFolder('double', doubleModel().bytes, { scheme: 'int8-weights' }));
    expect(graphOf(version.manifest).edge).toBeUndefined();
    expect(version.findings.warnings.join()).toMatch(
      /graph "main" is not quantized: quantized it would not be smaller \(\d+ bytes, \d+ before\)/,
    );
    await version.release();
    const off = await prepareVersion(await modelFolder('double', imageClassifier(1).bytes, 'off'), { measure: false });
    expect([graphOf(off.manifest).edge, off.findings.warnings]).toEqual([undefined, []]);
    await off.release();
  });

  it.each([
    ['an unknown scheme', { scheme: 'int2' }],
    ['an unknown setting', { scheme: 'int8-weights', speed: 'high' }],
    ['auto, which is not there yet', 'auto'],
  ])('refuses %s', async (_, quantize) => {
    const folder = await modelFolder('a', doubleModel().bytes, quantize as object);
    await expect(prepareVersion(folder)).rejects.toMatchObject({ code: 'invalid-definition' });
  });

  it('is as the plan says while settings of quantization stay, and measured anew when they change', async () => {
    const folder = join(await modelFolder('classifier', imageClassifier(11).bytes, { scheme: 'int8-weights' }));
    const other = await modelFolder('classifier', imageClassifier(11).bytes, { scheme: 'fp16-weights' });
    const versions = [
      await prepareVersion(folder, { measure: false }),
      await prepareVersion(other, { measure: false }),
    ];
    expect(versions[0]!.plan.of).not.toBe(versions[1]!.plan.of);
    expect(versions[0]!.digest).not.toBe(versions[1]!.digest);
    for (const version of versions) await version.release();
  });
});
