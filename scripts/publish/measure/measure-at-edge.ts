import type { EdgeFigures } from '../../../shared/measure/measurements.js';
import { EdgeBench, type EdgeMeasureOptions, type Failed } from './edge-bench.js';
import { findLargest } from './find-largest.js';
import { spreadOf } from '../../bench/statistics.js';
import { inputsOfShapes } from './inputs-of-shapes.js';
import { artifactBytesOf, measureGraph } from './measure-graph.js';
import { measureIsolate } from './measure-isolate.js';
import type { EdgeBudget, EdgeMeasurement, GraphToMeasure, Shapes, UnfitForEdge } from './measured.js';

export interface MeasureAtEdgeOptions extends EdgeMeasureOptions {
  readonly budget: EdgeBudget;
  /** Where it is given, smaller shapes are tried until a run (p95) is no slower, unless shapes are declared. */
  readonly edgeLatencyMs?: number | null;
  /** Called when a graph's turn comes, and with null for all of them together. */
  readonly onGraph?: (graph: string | null) => void;
}

/** Runs by which shapes are judged before they are measured, and what of the latency they may take: they are few. */
const glanceRuns = 8;
const latencyShare = 0.8;

type Graphs = Readonly<Record<string, GraphToMeasure>>;

/**
 * Measures graphs in real workerd, under the heap limit that the edge enforces: each alone in a fresh isolate with the
 * largest shapes that it runs with there, then all of them in one. What does not get through is measured once more
 * without the limit, to say how much it would take. The figures in bytes are the same on every machine with the same
 * files and the same workerd; those in milliseconds are this machine's.
 */
export async function measureAtEdge(graphs: Graphs, options: MeasureAtEdgeOptions): Promise<EdgeMeasurement> {
  const bench = new EdgeBench(options.budget.heapBytes, options);
  try {
    const edge: Record<string, EdgeFigures> = {};
    const notRun: string[] = [];
    for (const name of Object.keys(graphs)) {
      options.onGraph?.(name);
      const measured = await measureOne(bench, name, graphs, options);
      if (measured === undefined) notRun.push(name);
      else if ('fits' in measured) return measured;
      else edge[name] = measured;
    }
    const shapes = Object.fromEntries(Object.entries(edge).map(([name, figures]) => [name, figures.shapes]));
    options.onGraph?.(null);
    const isolate = await measureIsolate(bench, graphs, shapes);
    if (!isolate.ok) return await unfitTogether(graphs, shapes, isolate, options);
    return { fits: true, edge, isolate: isolate.value, notRun };
  } finally {
    await bench.close();
  }
}

/** Undefined: it refused all inputs. */
async function measureOne(
  bench: EdgeBench,
  name: string,
  graphs: Graphs,
  options: MeasureAtEdgeOptions,
): Promise<EdgeFigures | UnfitForEdge | undefined> {
  const { budget, edgeLatencyMs = null } = options;
  const graph = graphs[name];
  if (graph === undefined) return undefined;
  const isGood = async (shapes: Shapes): Promise<boolean> => {
    if (edgeLatencyMs === null) return true;
    const ran = await bench.run(name, inputsOfShapes(graph, shapes), glanceRuns);
    return ran.ok && spreadOf(ran.value.runMs).p95 <= latencyShare * edgeLatencyMs;
  };
  const largest = await findLargest(bench, name, graphs, { budget, isGood });
  if (largest.found === 'none') return undefined;
  if (largest.found === 'failure') {
    return largest.isAlone
      ? unfit(graphs, name, largest, options)
      : unfitTogether(graphs, {}, largest.failure, options);
  }
  const { shapes } = largest;
  const measured = await measureGraph(bench, name, graph, shapes);
  return measured.ok ? measured.value : unfit(graphs, name, { failure: measured, shapes }, options);
}

async function unfit(
  graphs: Graphs,
  name: string,
  { failure, shapes }: { readonly failure: Failed; readonly shapes: Shapes | null },
  options: MeasureAtEdgeOptions,
): Promise<UnfitForEdge> {
  const only = Object.fromEntries(Object.entries(graphs).filter(([graph]) => graph === name));
  const tried = shapes === null ? {} : { [name]: shapes };
  return { ...(await unfitFigures(only, tried, failure, options)), graph: name, shapes };
}

async function unfitTogether(
  graphs: Graphs,
  shapes: Readonly<Record<string, Shapes>>,
  failure: Failed,
  options: MeasureAtEdgeOptions,
): Promise<UnfitForEdge> {
  return { ...(await unfitFigures(graphs, shapes, failure, options)), graph: null, shapes: null };
}

async function unfitFigures(
  graphs: Graphs,
  shapes: Readonly<Record<string, Shapes>>,
  { why, said }: Failed,
  options: MeasureAtEdgeOptions,
): Promise<Omit<UnfitForEdge, 'graph' | 'shapes'>> {
  return {
    fits: false,
    reason: why === 'input' ? 'engine' : why,
    heapBytesMax: options.budget.heapBytes,
    heapPeakBytes: why === 'heap' ? await withoutLimit(graphs, shapes, options) : null,
    artifactBytes: Object.values(graphs).reduce((sum, { graph }) => sum + artifactBytesOf(graph), 0),
    said,
  };
}

/** What the heap grows to where nothing limits it; null where that fails too. */
async function withoutLimit(
  graphs: Graphs,
  shapes: Readonly<Record<string, Shapes>>,
  options: MeasureAtEdgeOptions,
): Promise<number | null> {
  const bench = new EdgeBench(undefined, options);
  try {
    const isolate = await measureIsolate(bench, graphs, shapes);
    return isolate.ok ? isolate.value.heapPeakBytes : null;
  } finally {
    await bench.close();
  }
}
