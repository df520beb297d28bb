import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../../../../scripts/local/project-root.js';
import { wasmKernels, type WasmVerdict } from '../../../../scripts/inspect/wasm-kernels.js';
import { readModel } from '../../../../scripts/publish/graph/read-model.js';
import { loadDefinition } from '../../../../scripts/publish/load-definition.js';
import { readFiles } from '../../../../scripts/publish/read-files.js';
import { readSignature } from '../../../../scripts/publish/read-signature.js';
import { measureAtEdge, type MeasureAtEdgeOptions } from '../../../../scripts/publish/measure/measure-at-edge.js';
import {
  defaultBudget, type EdgeMeasurement, type GraphToMeasure, type MeasuredAtEdge, type UnfitForEdge,
} from '../../../../scripts/publish/measure/measured.js'; // prettier-ignore
import { decidePlacement } from '../../../../scripts/publish/place/decide-placement.js';
import type { Tensor } from '../../../../shared/protocol/tensor.js';
import { bundleWorker } from '../../../harness/edge.js';
import { doubleModel, echoModel, gatherModel, slowModel } from '../../../harness/onnx.js';
import { blockedModel, heavyModel, pairsModel, positionModel, toMeasure } from './graphs.js';

const mib = 1024 * 1024;

async function measure(
  graphs: Record<string, GraphToMeasure>,
  options: Partial<MeasureAtEdgeOptions> = {},
): Promise<EdgeMeasurement> {
  const bundle = await bundleWorker('scripts/trial/worker/worker.ts');
  return measureAtEdge(graphs, { budget: defaultBudget, bundle, ...options });
}
const measured = async (...args: Parameters<typeof measure>): Promise<MeasuredAtEdge> => {
  const found = await measure(...args);
  expect(found).toMatchObject({ fits: true });
  return found as MeasuredAtEdge;
};
const unfit = async (...args: Parameters<typeof measure>): Promise<UnfitForEdge> => {
  const found = await measure(...args);
  expect(found).toMatchObject({ fits: false });
  return found as UnfitForEdge;
};
const place = (wished: ('edge' | 'origin')[], figures: EdgeMeasurement, edgeLatencyMs: number | null = null) =>
  decidePlacement({ wished, figures, wasmRefusal: null, budget: defaultBudget, edgeLatencyMs });

describe('measuring at the edge', () => {
  it('measures a small graph alone and with the others, with as many rows as small inputs allow', async () => {
    const found = await measured({ a: toMeasure(doubleModel()), b: toMeasure(echoModel()) });
    const { a, b } = found.edge;
    expect(a?.shapes).toEqual({ x: [1_024, 4] });
    expect([a?.elements, b?.elements]).toEqual([4_096, 13 * 256]);
    expect(a?.artifactBytes).toBe(doubleModel().bytes.byteLength);
    for (const name of ['createMs', 'firstRunMs', 'runP50Ms', 'runP95Ms'] as const) {
      expect(a?.[name]).toBeGreaterThanOrEqual(0);
    }
    expect(a!.heapPeakBytes).toBeGreaterThanOrEqual(a!.heapLoadedBytes);
    const { isolate } = found;
    expect(isolate.artifactBytes).toBe(a!.artifactBytes + b!.artifactBytes);
    expect(isolate.peakBytes).toBeGreaterThan(isolate.heapPeakBytes);
    const placement = place(['edge', 'origin'], found);
    expect(placement.tiers).toEqual(['edge', 'origin']);
    expect(placement.edgeElementsMax).toEqual({ a: 4_096, b: 13 * 256 });
  });

  it('finds that a model is too large for an isolate, and how much it would take', async () => {
    const found = await unfit({ heavy: toMeasure(heavyModel(80)) });
    expect(found).toMatchObject({ graph: 'heavy', reason: 'heap', shapes: null, heapBytesMax: 96 * mib });
    expect(found.artifactBytes).toBeGreaterThan(80 * mib);
    expect(found.heapPeakBytes).toBeGreaterThan(96 * mib);
    const { tiers, why } = place(['edge', 'origin'], found);
    expect(tiers).toEqual(['origin']);
    expect(why[0]).toMatch(/^Graph "heavy" took \d+\.\d MiB of heap in workerd, and the edge has 96\.0 MiB/);
    expect(() => place(['edge'], found)).toThrow(/cannot run there.*heavy.*MiB.*would help: quantize it/);
  });

  it('finds the longest sequence that a table of positions allows', async () => {
    const found = await measured({ m: toMeasure(positionModel(64)) });
    expect(found.edge['m']?.shapes).toEqual({ ids: [64, 64] }); // 64 long, and 4,096 elements have 64 rows of them
  });

  it('finds the largest that the heap allows, and refuses what is declared larger', async () => {
    const budget = { ...defaultBudget, heapBytes: 40 * mib };
    const found = await measured({ m: toMeasure(pairsModel()) }, { budget });
    const length = found.edge['m']?.shapes['x']?.[1];
    expect(length).toBeLessThan(384); // 384² × 64 floats are 36 MiB
    expect(length).toBeGreaterThanOrEqual(160);
    const declared = toMeasure(pairsModel(), { largest: { x: [1, 512] } });
    const over = await unfit({ m: declared }, { budget });
    expect(over).toMatchObject({ graph: 'm', reason: 'heap', shapes: { x: [1, 512] } });
    expect(over.heapPeakBytes).toBeGreaterThan(64 * mib);
    expect(place(['edge', 'origin'], over).why[0]).toContain('with x [1, 512]');
  });

  it('measures the same bytes and shapes each time', async () => {
    const bytesOf = ({ edge, isolate }: MeasuredAtEdge) => ({
      ...Object.fromEntries(
        Object.entries(edge).map(([name, { shapes, elements, artifactBytes, heapLoadedBytes, heapPeakBytes }]) => {
          return [name, { shapes, elements, artifactBytes, heapLoadedBytes, heapPeakBytes }];
        }),
      ),
      isolate: { ...isolate, startMs: 0 },
    });
    const graphs = { p: toMeasure(pairsModel()), h: toMeasure(heavyModel(8)) };
    const [one, again] = [await measured(graphs), await measured(graphs)];
    expect(bytesOf(again)).toEqual(bytesOf(one));
    expect(place(['edge'], again).edgeElementsMax).toEqual(place(['edge'], one).edgeElementsMax);
  });

  it('finds that graphs that fit alone do not fit together', async () => {
    const names = ['one', 'two', 'three', 'four', 'five'];
    const graphs = Object.fromEntries(names.map((name) => [name, toMeasure(heavyModel(12))]));
    const found = await unfit(graphs, { budget: { ...defaultBudget, heapBytes: 80 * mib } });
    expect(found).toMatchObject({ graph: null, reason: 'heap' });
    expect(found.heapPeakBytes).toBeGreaterThan(80 * mib);
    expect(place(['edge', 'origin'], found).why[0]).toMatch(/^All graphs together took/);
  });

  it('runs what examples show, with their values, where the ladder finds nothing larger', async () => {
    const index: Tensor = { name: 'index', datatype: 'INT64', shape: [1], data: BigInt64Array.of(3n) };
    const found = await measured({ m: toMeasure(gatherModel(), { examples: [[index]] }) });
    expect(found.edge['m']?.elements).toBeGreaterThanOrEqual(1);
    const long: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 600], data: new Float32Array(600) };
    const wide = await measured({ m: toMeasure(pairsModel(), { examples: [[long]] }) }, { budget: { ...defaultBudget, heapBytes: 200 * mib, isolateBytes: 300 * mib } }); // prettier-ignore
    expect(wide.edge['m']?.shapes).toEqual({ x: [1, 600] });
  });

  it('goes down to what is fast enough, where a latency is declared and shapes are not', async () => {
    const graphs = { m: toMeasure(pairsModel()) };
    const fast = await measured(graphs, { edgeLatencyMs: 60_000 });
    const slow = await measured(graphs, { edgeLatencyMs: 1e-9 }); // nothing is: the smallest is measured
    expect(slow.edge['m']!.elements).toBeLessThan(fast.edge['m']!.elements);
    expect(place(['edge', 'origin'], fast, 60_000).tiers).toEqual(['edge', 'origin']);
    expect(place(['edge', 'origin'], slow, 1e-9).tiers).toEqual(['origin']);
  });

  it('ends what takes too long', async () => {
    const steps: Tensor = { name: 'steps', datatype: 'INT64', shape: [1], data: BigInt64Array.of(10_000_000n) };
    const found = await unfit({ m: toMeasure(slowModel(), { examples: [[steps]] }) }, { timeoutMs: 3_000 });
    expect(found).toMatchObject({ graph: 'm', reason: 'time', shapes: { steps: [1] } });
    expect(place(['edge', 'origin'], found).tiers).toEqual(['origin']);
  });

  it('refuses declared shapes that do not fit the signature, or that the graph refuses', async () => {
    const wrong = (largest: Record<string, number[]>) => measure({ m: toMeasure(positionModel(64), { largest }) });
    await expect(wrong({ ids: [1] })).rejects.toThrow(/expected a shape of ids \[-1, -1\] \(-1 is open\), got \[1\]/);
    await expect(wrong({ tokens: [1, 2] })).rejects.toThrow(/expected shapes of ids, got one of "tokens"/);
    await expect(wrong({ ids: [1, 65] })).rejects.toThrow(/graph "m" refuses inputs of the shapes/);
  });

  it('measures a model that accepts certain values only, if it is shown them', async () => {
    const { definition, folder } = await loadDefinition(join(projectRoot(), 'models', 'vad'));
    const graph = (await readFiles(definition, folder)).graphs['vad']!;
    const { signature, largest } = definition.graphs['vad']!;
    const sr: Tensor = { name: 'sr', datatype: 'INT64', shape: [], data: BigInt64Array.of(16_000n) };
    const vad: GraphToMeasure = { graph, optimised: false, signature: signature!, largest };
    const shown = await measured({ vad: { ...vad, examples: [[sr]] } });
    expect(place(['edge'], shown).edgeElementsMax).toEqual({ vad: 576 + 2 * 128 + 1 });
    const notShown = await measured({ vad });
    expect(notShown).toMatchObject({ edge: {}, notRun: ['vad'] });
    expect(place(['edge', 'origin'], notShown)).toMatchObject({ tiers: ['origin'], edgeElementsMax: {} });
    expect(() => place(['edge'], notShown)).toThrow(/give examples that it takes/);
  });

  it('places a model with an operator that wasm lacks at the origin, and names the operator', async () => {
    const { graph } = toMeasure(blockedModel());
    expect((await readSignature('main', graph)).run?.outputs[0]?.shape).toEqual([1, 16, 1, 1]); // the origin has it
    const verdict = await wasmKernels(graph, readModel(graph.model), {});
    expect(verdict).toMatchObject({ loads: false, missing: ['GlobalAveragePool'] });
    const wasmRefusal = { graph: 'main', ...(verdict as Extract<WasmVerdict, { loads: false }>) };
    const question = { figures: null, wasmRefusal, budget: defaultBudget, edgeLatencyMs: null };
    expect(decidePlacement({ ...question, wished: ['edge', 'origin'] })).toMatchObject({
      tiers: ['origin'],
      why: ['Graph "main": onnxruntime-web, which runs at the edge, has no kernel for GlobalAveragePool.'],
    });
  });
});
