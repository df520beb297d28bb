import type { ProofRow } from '../../../../scripts/publish/prove/proof-row.js';
import type { PublishReport } from '../../../../scripts/publish/report/publish-report.js';
import { exactTolerance } from '../../../../shared/golden/tolerance.js';
import type { EdgeFigures, Measurements, OriginFigures } from '../../../../shared/measure/measurements.js';

const mb = 1_000_000;
const digest = 'c0ffee'.padEnd(64, '0');

const edgeOf = (shape: readonly number[], figures: Omit<EdgeFigures, 'shapes' | 'elements'>): EdgeFigures => ({
  shapes: { x: [...shape] },
  elements: shape.reduce((product, size) => product * size, 1),
  ...figures,
});

const originOf = (itemMs: Record<number, number>, knee: number, aMs: number, bMs: number): OriginFigures => ({
  shapes: { x: [1, 3, 48, 320] },
  batches: Object.entries(itemMs).map(([rows, ms]) => ({ rows: Number(rows), itemMs: ms, runMs: ms * Number(rows) })),
  knee,
  profile: { aMs, bMs },
});

/** Figures as three graphs of a text reader had them on two cores. */
export const fullMeasurements: Measurements = {
  schema: 1,
  digest,
  takenAt: '2026-01-02T03:04:05.678Z',
  machine: { cpu: 'EPYC 7B13', cores: 2, node: 'v20.19.0' },
  budget: { isolateBytes: 128 * mb, heapBytes: 96 * mb, latencyMs: 60 },
  edge: {
    detect: edgeOf([1, 3, 640, 640], { artifactBytes: 4.75 * mb, createMs: 26.4, firstRunMs: 331.2, runP50Ms: 287.5, runP95Ms: 312.9, heapLoadedBytes: 21.3 * mb, heapPeakBytes: 88.1 * mb }), // prettier-ignore
    recognise: edgeOf([1, 3, 48, 320], { artifactBytes: 10.86 * mb, createMs: 28.1, firstRunMs: 58.4, runP50Ms: 33.27, runP95Ms: 41.6, heapLoadedBytes: 28 * mb, heapPeakBytes: 35.4 * mb }), // prettier-ignore
    turn: edgeOf([1, 3, 48, 192], { artifactBytes: 0.58 * mb, createMs: 8.1, firstRunMs: 9.5, runP50Ms: 1.62, runP95Ms: 2.05, heapLoadedBytes: 12.2 * mb, heapPeakBytes: 13.9 * mb }), // prettier-ignore
  },
  isolate: { startMs: 131.5, artifactBytes: 16.19 * mb, heapPeakBytes: 93.4 * mb, peakBytes: 109.6 * mb },
  origin: {
    detect: originOf({ 1: 71.2, 2: 69.8, 4: 70.4 }, 1, 69.9, 1.1),
    recognise: originOf({ 1: 33.1, 4: 33.4, 8: 40.2, 16: 44.1 }, 4, 44.9, -16.8),
    turn: originOf({ 1: 1.62, 2: 1.45, 4: 1.36, 8: 1.31 }, 8, 1.27, 0.35),
  },
  placement: {
    wished: ['edge', 'origin'],
    tiers: ['edge', 'origin'],
    why: [
      'the three graphs together take 93.4 MB of the 96 MB that the heap may take',
      'graph detect answers in 313 ms (p95) at most: no bound is declared for it',
    ],
  },
  cost: { cpuMsPerRequest: 352.4, pricePerMillionCpuMs: 0.02, pricePerMillionRequests: 0.3, perMillionRequests: 7.348 },
};

const row = (graph: string, output: string, more: Partial<ProofRow> = {}): ProofRow => ({
  graph,
  runtime: 'native',
  output,
  goldens: 8,
  absolute: 4.8e-7,
  relative: 1.3e-6,
  cosine: 0.9999999,
  top1: 1,
  tolerance: exactTolerance,
  within: true,
  looser: false,
  ...more,
});

/** Everything was run. */
export const fullReport: PublishReport = {
  schema: 1,
  model: 'ocr-line',
  version: 'v4',
  digest,
  added: true,
  createdAt: '2026-01-02T03:04:47.000Z',
  secondsByStage: { read: 0.12, inspect: 2.31, optimise: 6.42, record: 3.9, prove: 8.75, measure: 19.6, place: 0.002, upload: 0.31, register: 0.05 }, // prettier-ignore
  graphs: {
    detect: {
      after: { graphBytes: 0.21 * mb, weightsBytes: 4.54 * mb },
      compiled: { value: { file: 'ch_PP-OCRv4_det_infer.onnx', before: { graphBytes: 4.74 * mb, weightsBytes: 0 }, optimised: true, why: 'its weights beside it' } }, // prettier-ignore
      goldens: { value: { count: 8, from: { kind: 'generated', seed: 1 }, recordedIn: 'native' } },
    },
    recognise: {
      after: { graphBytes: 0.26 * mb, weightsBytes: 10.6 * mb },
      compiled: { value: { file: 'ch_PP-OCRv4_rec_infer.onnx', before: { graphBytes: 10.82 * mb, weightsBytes: 0 }, optimised: true, why: 'its weights beside it', naive: { createMs: 57.3, heapLoadedBytes: 45 * mb } } }, // prettier-ignore
      goldens: { value: { count: 12, from: { kind: 'examples' }, recordedIn: 'native' } },
    },
    turn: {
      after: { graphBytes: 0.58 * mb, weightsBytes: 0 },
      compiled: { value: { file: 'ch_ppocr_mobile_v2.0_cls_infer.onnx', before: { graphBytes: 0.59 * mb, weightsBytes: 0 }, optimised: true, why: 'its weights inside it' } }, // prettier-ignore
      goldens: { value: { count: 8, from: { kind: 'generated', seed: 1 }, recordedIn: 'native' } },
    },
  },
  proof: {
    value: [
      row('detect', 'map'),
      row('detect', 'map', { runtime: 'workerd', absolute: 1.9e-5, relative: 7.1e-4 }),
      row('recognise', 'probabilities', { goldens: 12 }),
      row('recognise', 'probabilities', { goldens: 12, runtime: 'workerd', absolute: 6.2e-4, relative: 0.031 }),
      row('turn', 'scores', { absolute: 0, relative: 0, tolerance: { cosine: 0.95, top1: 0.9 }, looser: true }),
      row('turn', 'scores', { runtime: 'workerd', cosine: 0.99987, tolerance: { cosine: 0.95, top1: 0.9 }, looser: true }), // prettier-ignore
    ],
  },
  measurements: { value: fullMeasurements },
  placement: { tiers: ['edge', 'origin'], why: fullMeasurements.placement.why },
  upload: { blobs: 31, bytes: 19.3 * mb, uploadedBlobs: 6, uploadedBytes: 11.2 * mb },
  warnings: ['graph turn: 1 of 9 examples has an input of another size, and was left out'],
};

/** Nothing but storing was run. */
export const emptyReport: PublishReport = {
  ...fullReport,
  secondsByStage: {},
  graphs: {
    detect: {
      after: { graphBytes: 4.74 * mb, weightsBytes: 0 },
      compiled: { notRun: 'a plan was replayed' },
      goldens: { notRun: 'a plan was replayed' },
    },
  },
  proof: { notRun: 'a plan was replayed' },
  measurements: { notRun: '--no-measure was given' },
  placement: { tiers: ['origin'], why: [] },
  warnings: [],
};
