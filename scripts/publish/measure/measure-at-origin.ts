import { compareAxis } from '../../inspect/compare-axis.js';
import { BatchCost } from '../../../origin/engine/batch/batch-cost.js';
import { runsToKnow } from '../../../origin/engine/batch/knee.js';
import { joinInputs } from '../../../origin/engine/batch/join.js';
import { batchableSignature } from '../../../origin/engine/batch/shape-bucket.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { OriginFigures } from '../../../shared/measure/measurements.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { median } from '../../bench/statistics.js';
import { PublishError } from '../publish-error.js';
import { type InspectOptions, type LoadedGraph, throwAwayRunner } from '../throw-away-runner.js';
import { inputsOfShapes } from './inputs-of-shapes.js';
import type { GraphToMeasure, Shapes } from './measured.js';

export interface MeasureAtOriginOptions extends InspectOptions {
  /** By graph: what it was run with at the edge. Others run with the shapes of their first example, or 1 for open axes. */
  readonly shapes?: Readonly<Record<string, Shapes>>;
  /** For each graph: no larger batch is begun after this long. Default 10 s. */
  readonly measureMs?: number;
  readonly onGraph?: (graph: string) => void;
}

const measureMsDefault = 10_000;
const rowsMax = 32;
/** One more than the origin's own code needs before it believes what it sees; the first is not counted. */
const runsPerSize = runsToKnow + 2;

/**
 * Runs graphs with onnxruntime-node on one thread, in processes that are thrown away: batches of 1, 2, 4, … 32 rows
 * where the first axis is a batch axis, one size where it is not. Knee and line are what the origin's own batcher makes
 * of these times. A graph that refuses its inputs, or does not end in time, is left out.
 */
export async function measureAtOrigin(
  graphs: Readonly<Record<string, GraphToMeasure>>,
  options: MeasureAtOriginOptions = {},
): Promise<Record<string, OriginFigures>> {
  const figures: Record<string, OriginFigures> = {};
  for (const [name, measured] of Object.entries(graphs)) {
    options.onGraph?.(name);
    const found = await measureGraph(name, measured, options);
    if (found !== undefined) figures[name] = found;
  }
  return figures;
}

async function measureGraph(
  name: string,
  measured: GraphToMeasure,
  options: MeasureAtOriginOptions,
): Promise<OriginFigures | undefined> {
  const shapes = oneRow(measured, options.shapes?.[name] ?? firstShapes(measured));
  const item = inputsOfShapes(measured, shapes);
  const isBatch = batchableSignature(measured.signature) && (await compareAxis(name, measured.graph, shapes, options)) === 'independent'; // prettier-ignore
  const { measureMs = measureMsDefault } = options;
  try {
    return await throwAwayRunner(name, measured.graph, options, async (loaded) => {
      const cost = new BatchCost();
      const batches: OriginFigures['batches'] = [];
      const startedAt = performance.now();
      for (let rows = 1; rows <= (isBatch ? rowsMax : 1); rows *= 2) {
        if (performance.now() - startedAt > measureMs) break;
        const runMs = await timesOf(
          name,
          loaded,
          Array.from({ length: rows }, () => item),
        );
        for (const ms of runMs) cost.observe(rows, ms);
        const ms = median(runMs);
        batches.push({ rows, runMs: ms, itemMs: ms / rows });
      }
      const line = cost.line();
      const knee = cost.rowsLimit(batches.at(-1)?.rows ?? 1);
      return { shapes: mutable(shapes), batches, knee, profile: line ?? null };
    });
  } catch (error) {
    if (error instanceof BrinkError || error instanceof PublishError) return undefined;
    throw error;
  }
}

async function timesOf(
  name: string,
  { runner, deadline }: LoadedGraph,
  items: (readonly Tensor[])[],
): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < runsPerSize; run += 1) {
    const { inferMs } = await deadline.bound(runner.run(name, joinInputs(items)), 'the graph was measured');
    if (run > 0) times.push(inferMs);
  }
  return times;
}

const firstShapes = ({ examples: [first] = [] }: GraphToMeasure): Shapes =>
  Object.fromEntries((first ?? []).map(({ name, shape }) => [name, shape]));

/** One item: open first axes have one row, open axes that nothing is known of have 1. */
function oneRow({ signature }: GraphToMeasure, shapes: Shapes): Shapes {
  return Object.fromEntries(
    signature.inputs.map(({ name, shape }) => {
      const known = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
      const own = known ?? shape.map((size) => (size === -1 ? 1 : size));
      return [name, batchableSignature(signature) ? [1, ...own.slice(1)] : [...own]];
    }),
  );
}

const mutable = (shapes: Shapes): Record<string, number[]> =>
  Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, [...shape]]));
