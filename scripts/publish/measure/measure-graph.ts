import type { EdgeFigures } from '../../../shared/measure/measurements.js';
import { spreadOf } from '../../bench/statistics.js';
import type { GraphBytes } from '../throw-away-runner.js';
import { elementsOfShapes } from './candidate-shapes.js';
import type { EdgeBench, Failed, Tried } from './edge-bench.js';
import { inputsOfShapes } from './inputs-of-shapes.js';
import type { GraphToMeasure, Shapes } from './measured.js';

/** Warm runs are repeated for about this long, and within these bounds. */
const warmMs = 1_500;
const runsMin = 4;
const runsMax = 50;

export const artifactBytesOf = ({ model, externalData }: GraphBytes): number =>
  Object.values(externalData).reduce((sum, { byteLength }) => sum + byteLength, model.byteLength);

/** One graph alone in an isolate of its own, with these shapes. */
export async function measureGraph(
  bench: EdgeBench,
  name: string,
  measured: GraphToMeasure,
  shapes: Shapes,
): Promise<Tried<EdgeFigures> | (Failed & { readonly atLoad: true })> {
  await bench.close();
  const loaded = await bench.load(name, measured);
  if (!loaded.ok) return { ...loaded, atLoad: true };
  const inputs = inputsOfShapes(measured, shapes);
  const cold = await bench.run(name, inputs);
  if (!cold.ok) return cold;
  const { firstMs } = cold.value;
  const times = Math.max(runsMin, Math.min(runsMax, Math.floor(warmMs / Math.max(firstMs, 0.001))));
  const warm = await bench.run(name, inputs, times);
  if (!warm.ok) return warm;
  const { p50, p95 } = spreadOf([warm.value.firstMs, ...warm.value.runMs]);
  return {
    ok: true,
    value: {
      shapes: Object.fromEntries(Object.entries(shapes).map(([input, shape]) => [input, [...shape]])),
      elements: elementsOfShapes(shapes),
      artifactBytes: artifactBytesOf(measured.graph),
      createMs: loaded.value.createMs,
      firstRunMs: firstMs,
      runP50Ms: p50,
      runP95Ms: p95,
      heapLoadedBytes: loaded.value.heapBytes,
      heapPeakBytes: warm.value.heapBytes,
    },
  };
}
