import type { EdgeFigures } from '../../../shared/measure/measurements.js';
import type { EdgeBudget, IsolateFigures, UnfitForEdge } from '../measure/measured.js';
import type { PlacementQuestion, WasmRefusal } from './decide-placement.js';
import { mibText, msText, shapesText } from './size-text.js';

/** Why a version cannot run at the edge, and what its author can do about it. */
export interface Obstacle {
  readonly text: string;
  readonly help: readonly string[];
}

const quantize = 'quantize it';
const smaller = 'declare smaller "largest" shapes';
const atOrigin = 'place it at the origin ("placement": { "tiers": ["origin"] })';

/** All that stands against the edge; empty: nothing. */
export function obstaclesAtEdge({
  figures,
  wasmRefusal,
  isPadded = false,
  budget,
  edgeLatencyMs,
}: PlacementQuestion): Obstacle[] {
  const obstacles: Obstacle[] = [];
  if (isPadded) obstacles.push(padded);
  if (wasmRefusal !== null) obstacles.push(refusedByWasm(wasmRefusal));
  if (figures?.fits === false) obstacles.push(unfit(figures));
  if (figures?.fits !== true) return obstacles;
  obstacles.push(...figures.notRun.map(notRun), ...overIsolate(figures.isolate, budget));
  for (const [name, graph] of Object.entries(figures.edge)) {
    obstacles.push(...overHeap(name, graph, budget), ...tooSlow(name, graph, edgeLatencyMs));
  }
  return obstacles;
}

const padded: Obstacle = {
  text: 'Its inputs are padded so that they share batches, and the edge does not pad.',
  help: ['leave out "batching.padding"', atOrigin],
};

function refusedByWasm({ graph, reason, missing }: WasmRefusal): Obstacle {
  const said = reason.replaceAll(/\s+/g, ' ').trim().slice(0, saidLengthMax);
  const lacks = `onnxruntime-web, which runs at the edge, has no kernel for ${missing.join(', ')}`;
  const text = missing.length > 0 ? `Graph "${graph}": ${lacks}.` : `Graph "${graph}" does not load in onnxruntime-web: ${said}`; // prettier-ignore
  return { text, help: ['export it with other operators', atOrigin] };
}

function unfit(figures: UnfitForEdge): Obstacle {
  const { graph, reason, heapBytesMax, heapPeakBytes, artifactBytes, shapes, said } = figures;
  const who = graph === null ? 'All graphs together' : `Graph "${graph}"`;
  const when = shapes === null ? '' : ` with ${shapesText(shapes)}`;
  const files = `its artifacts have ${mibText(artifactBytes)}`;
  switch (reason) {
    case 'heap': {
      const takes = heapPeakBytes === null ? 'more heap than there is' : `${mibText(heapPeakBytes)} of heap`;
      const text = `${who} took ${takes} in workerd${when}, and the edge has ${mibText(heapBytesMax)} (${files}).`;
      return { text, help: shapes === null ? [quantize, atOrigin] : [quantize, smaller, atOrigin] };
    }
    case 'time':
      return { text: `${who} was not done in workerd${when}: ${said}.`, help: [quantize, smaller, atOrigin] };
    case 'engine':
      return { text: `${who} failed in workerd${when}: ${said.slice(0, saidLengthMax)}.`, help: [atOrigin] };
  }
}

function notRun(name: string): Obstacle {
  const text = `Graph "${name}" refused all inputs that were made for it: nothing shows that it runs at the edge.`;
  return { text, help: ['give examples that it takes (--examples, or "examples" in the definition)', atOrigin] };
}

function overHeap(name: string, { heapPeakBytes, shapes }: EdgeFigures, { heapBytes }: EdgeBudget): Obstacle[] {
  if (heapPeakBytes <= heapBytes) return [];
  const took = `took ${mibText(heapPeakBytes)} of heap with ${shapesText(shapes)}`;
  return [{ text: `Graph "${name}" ${took}, and the edge has ${mibText(heapBytes)}.`, help: [quantize, smaller, atOrigin] }]; // prettier-ignore
}

function overIsolate({ peakBytes }: IsolateFigures, { isolateBytes, baseBytes }: EdgeBudget): Obstacle[] {
  const whole = peakBytes + baseBytes;
  if (whole <= isolateBytes) return [];
  const parts = `heap, artifacts and tensors ${mibText(peakBytes)}, and ${mibText(baseBytes)} of an isolate's own`;
  const text = `All in one isolate take ${mibText(whole)} at the peak (${parts}), and an isolate has ${mibText(isolateBytes)}.`; // prettier-ignore
  return [{ text, help: [quantize, smaller, atOrigin] }];
}

function tooSlow(name: string, { runP95Ms, shapes }: EdgeFigures, edgeLatencyMs: number | null): Obstacle[] {
  if (edgeLatencyMs === null || runP95Ms <= edgeLatencyMs) return [];
  const took = `takes ${msText(runP95Ms)} (p95) a run in workerd with ${shapesText(shapes)}`;
  return [{ text: `Graph "${name}" ${took}, and edgeLatencyMs is ${msText(edgeLatencyMs)}.`, help: ['raise "edgeLatencyMs"', quantize, smaller, atOrigin] }]; // prettier-ignore
}

const saidLengthMax = 400;
