import type { EdgeBench, Tried } from './edge-bench.js';
import { inputsOfShapes } from './inputs-of-shapes.js';
import { artifactBytesOf } from './measure-graph.js';
import { tensorBytes } from './tensor-bytes.js';
import type { GraphToMeasure, IsolateFigures, Shapes } from './measured.js';

/**
 * All graphs of a version in one isolate, as it is served: loaded one after the other, each graph's artifacts in memory
 * beside the heap until it has loaded, then run, its inputs and outputs beside the heap. Graphs without shapes are only
 * loaded.
 */
export async function measureIsolate(
  bench: EdgeBench,
  graphs: Readonly<Record<string, GraphToMeasure>>,
  shapes: Readonly<Record<string, Shapes>>,
): Promise<Tried<IsolateFigures>> {
  await bench.close();
  const startMs = await bench.startMs();
  let [artifactBytes, peakBytes, heapPeakBytes] = [0, 0, 0];
  for (const [name, measured] of Object.entries(graphs)) {
    const loaded = await bench.load(name, measured);
    if (!loaded.ok) return loaded;
    const bytes = artifactBytesOf(measured.graph);
    artifactBytes += bytes;
    heapPeakBytes = loaded.value.heapBytes;
    peakBytes = Math.max(peakBytes, heapPeakBytes + bytes);
  }
  for (const [name, measured] of Object.entries(graphs)) {
    const largest = shapes[name];
    if (largest === undefined) continue;
    const inputs = inputsOfShapes(measured, largest);
    const ran = await bench.run(name, inputs);
    if (!ran.ok) return ran;
    heapPeakBytes = ran.value.heapBytes;
    peakBytes = Math.max(peakBytes, heapPeakBytes + tensorBytes(inputs) + tensorBytes(ran.value.outputs));
  }
  return { ok: true, value: { startMs, artifactBytes, heapPeakBytes, peakBytes } };
}
