import { describe, expect, it } from 'vitest';
import {
  defaultBudget, type MeasuredAtEdge, type UnfitForEdge,
} from '../../../../scripts/publish/measure/measured.js'; // prettier-ignore
import { costOf } from '../../../../scripts/publish/place/cost-of.js';
import { decidePlacement, type PlacementQuestion } from '../../../../scripts/publish/place/decide-placement.js';
import { PublishError } from '../../../../scripts/publish/publish-error.js';
import type { EdgeFigures } from '../../../../shared/measure/measurements.js';

const mib = 1024 * 1024;

const graph = (more: Partial<EdgeFigures> = {}): EdgeFigures => ({
  shapes: { x: [1, 3, 48, 320] },
  elements: 46_080,
  artifactBytes: 10 * mib,
  createMs: 30,
  firstRunMs: 40,
  runP50Ms: 20,
  runP95Ms: 25,
  heapLoadedBytes: 28 * mib,
  heapPeakBytes: 60 * mib,
  ...more,
});
const figures = (more: Partial<MeasuredAtEdge> = {}): MeasuredAtEdge => ({
  fits: true,
  edge: { main: graph() },
  isolate: { startMs: 130, artifactBytes: 10 * mib, heapPeakBytes: 60 * mib, peakBytes: 61 * mib },
  notRun: [],
  ...more,
});
const unfit = (more: Partial<UnfitForEdge> = {}): UnfitForEdge => ({
  fits: false,
  graph: 'main',
  reason: 'heap',
  heapBytesMax: 96 * mib,
  heapPeakBytes: 210 * mib,
  artifactBytes: 80 * mib,
  shapes: null,
  said: 'bad_alloc',
  ...more,
});
const decide = (more: Partial<PlacementQuestion> = {}) =>
  decidePlacement({
    wished: ['edge', 'origin'],
    figures: figures(),
    wasmRefusal: null,
    budget: defaultBudget,
    edgeLatencyMs: null,
    ...more,
  });
const refusal = (more: Partial<PlacementQuestion>): PublishError => {
  try {
    decide({ wished: ['edge'], ...more });
  } catch (error) {
    expect(error).toBeInstanceOf(PublishError);
    return error as PublishError;
  }
  throw new Error('expected a refusal');
};

describe('placing a version', () => {
  it('places it as wished where it fits, and says with what figures', () => {
    for (const wished of [['edge', 'origin'], ['origin', 'edge'], ['edge']] as const) {
      const larger = wished.length === 2 ? '; runs of more elements go to the origin' : '';
      expect(decide({ wished })).toEqual({
        tiers: [...wished],
        edgeElementsMax: { main: 46_080 },
        why: [
          `Graph "main" fits at the edge with x [1, 3, 48, 320] (46080 elements): 60.0 MiB of 96.0 MiB heap, 25.0 ms (p95) a run${larger}.`,
          'All in one isolate: 73.0 MiB of 128.0 MiB at the peak.',
        ],
      });
    }
  });

  it('leaves at the origin what is wished there, whatever was measured', () => {
    const { tiers, edgeElementsMax } = decide({ wished: ['origin'], figures: null });
    expect([tiers, edgeElementsMax]).toEqual([['origin'], {}]);
  });

  const obstacles: [string, Partial<PlacementQuestion>, RegExp, RegExp][] = [
    ['a graph that does not load under the limit', { figures: unfit() }, /"main" took 210\.0 MiB of heap in workerd, and the edge has 96\.0 MiB \(its artifacts have 80\.0 MiB\)/, /quantize/],
    ['a graph that does not run under the limit', { figures: unfit({ shapes: { x: [1, 512] } }) }, /took 210\.0 MiB .* with x \[1, 512\]/, /smaller "largest"/],
    ['a graph that nothing could run', { figures: unfit({ heapPeakBytes: null }) }, /took more heap than there is/, /quantize/],
    ['graphs that do not fit together', { figures: unfit({ graph: null }) }, /All graphs together took/, /quantize/],
    ['a graph that does not end', { figures: unfit({ reason: 'time', said: 'expected 60000 ms' }) }, /was not done in workerd: expected 60000 ms/, /smaller/],
    ['a graph that breaks the engine', { figures: unfit({ reason: 'engine', said: 'unreachable' }) }, /failed in workerd: unreachable/, /origin/],
    ['a heap over the budget', { figures: figures({ edge: { main: graph({ heapPeakBytes: 97 * mib }) } }) }, /took 97\.0 MiB of heap with x/, /quantize/],
    ['an isolate over its limit', { figures: figures({ isolate: { ...figures().isolate, peakBytes: 117 * mib } }) }, /129\.0 MiB at the peak .* an isolate has 128\.0 MiB/, /quantize/],
    ['a run slower than declared', { edgeLatencyMs: 24 }, /takes 25\.0 ms \(p95\) .* edgeLatencyMs is 24\.0 ms/, /raise "edgeLatencyMs"/],
    ['an operator that wasm lacks', { figures: null, wasmRefusal: { graph: 'main', reason: 'x', missing: ['DFT', 'Det'] } }, /no kernel for DFT, Det/, /other operators/],
    ['a graph that wasm refuses', { figures: null, wasmRefusal: { graph: 'main', reason: 'no\nopset', missing: [] } }, /does not load in onnxruntime-web: no opset/, /other operators/],
    ['a graph that was never run', { figures: figures({ notRun: ['odd'] }) }, /"odd" refused all inputs that were made for it/, /--examples/],
    ['padding', { figures: null, isPadded: true }, /the edge does not pad/, /leave out "batching\.padding"/],
  ]; // prettier-ignore
  it.each(obstacles)('places %s at the origin, or refuses where only the edge is wished', (_, more, why, help) => {
    const placed = decide(more);
    expect([placed.tiers, placed.edgeElementsMax]).toEqual([['origin'], {}]);
    expect(placed.why).toHaveLength(1);
    expect(placed.why[0]).toMatch(why);
    const { code, message } = refusal(more);
    expect(code).toBe('cannot-run-at-edge');
    expect(message).toMatch(why);
    expect(message).toMatch(help);
    expect(decide({ ...more, wished: ['origin', 'edge'] }).tiers).toEqual(['origin']);
  });

  it('keeps to limits that are just met', () => {
    const isolate = { ...figures().isolate, peakBytes: 116 * mib };
    const edge = { main: graph({ heapPeakBytes: 96 * mib, runP95Ms: 25 }) };
    expect(decide({ figures: figures({ isolate, edge }), edgeLatencyMs: 25 }).tiers).toEqual(['edge', 'origin']);
  });

  it('names every obstacle, and each help once', () => {
    const edge = { a: graph({ heapPeakBytes: 99 * mib }), b: graph({ heapPeakBytes: 99 * mib }) };
    const { message } = refusal({ figures: figures({ edge }), edgeLatencyMs: 1 });
    expect(message.match(/edgeLatencyMs is/g)).toHaveLength(2);
    expect(message.match(/quantize it/g)).toHaveLength(1);
  });

  it('does not decide by time unless a latency is declared', () => {
    const edge = { main: graph({ runP95Ms: 20_000, runP50Ms: 19_000, createMs: 9_000 }) };
    const [fast, slow] = [decide(), decide({ figures: figures({ edge }) })];
    expect([slow.tiers, slow.edgeElementsMax]).toEqual([fast.tiers, fast.edgeElementsMax]);
  });

  it('counts what a million requests cost', () => {
    expect(costOf({ a: graph(), b: graph({ runP50Ms: 5 }) })).toEqual({
      cpuMsPerRequest: 25,
      pricePerMillionCpuMs: 0.02,
      pricePerMillionRequests: 0.3,
      perMillionRequests: 0.8,
    });
    expect(costOf({ a: graph() }, { perMillionCpuMs: 1, perMillionRequests: 0 })?.perMillionRequests).toBe(20);
    expect([costOf({}), costOf(null)]).toEqual([null, null]);
  });
});
