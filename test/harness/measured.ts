import type { Measurements } from '../../shared/measure/measurements.js';

const edge = {
  shapes: { x: [1, 4] },
  elements: 4,
  artifactBytes: 100,
  createMs: 10,
  firstRunMs: 20,
  runP50Ms: 3,
  runP95Ms: 5,
  heapLoadedBytes: 1_000,
  heapPeakBytes: 2_000,
};
const origin = {
  shapes: { x: [1, 4] },
  batches: [
    { rows: 1, runMs: 5, itemMs: 5 },
    { rows: 8, runMs: 12, itemMs: 1.5 },
  ],
  knee: 8,
  profile: { aMs: 1, bMs: 4 },
};

/** Measurements of a version of two graphs, as a publisher would store them. */
export function measured(digest: string, members: Partial<Measurements> = {}): Measurements {
  return {
    schema: 1,
    digest,
    takenAt: '2026-01-02T03:04:05Z',
    machine: { cpu: 'a test', cores: 2, node: 'v20' },
    budget: { isolateBytes: 128_000_000, heapBytes: 96_000_000, latencyMs: null },
    edge: { main: edge, second: edge },
    isolate: { startMs: 100, artifactBytes: 100, heapPeakBytes: 2_000, peakBytes: 2_100 },
    origin: { main: origin },
    placement: { wished: ['edge', 'origin'], tiers: ['edge', 'origin'], why: ['it fits'] },
    cost: null,
    ...members,
  };
}
