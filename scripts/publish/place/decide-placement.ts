import type { Tier } from '../../../shared/manifest/manifest.js';
import type { EdgeBudget, EdgeMeasurement } from '../measure/measured.js';
import { PublishError } from '../publish-error.js';
import { type Obstacle, obstaclesAtEdge } from './obstacles-at-edge.js';
import { mibText, msText, shapesText } from './size-text.js';

/** What onnxruntime-web's wasm said of a graph that it does not take. */
export interface WasmRefusal {
  readonly graph: string;
  readonly reason: string;
  /** Operators without a kernel. */
  readonly missing: readonly string[];
}

export interface PlacementQuestion {
  /** The definition's, the preferred tier first. */
  readonly wished: readonly Tier[];
  /** Null: nothing was measured at the edge, because it is not wished or something else rules it out. */
  readonly figures: EdgeMeasurement | null;
  readonly wasmRefusal: WasmRefusal | null;
  /** Whether its inputs are padded to share a batch: the edge does not pad. */
  readonly isPadded?: boolean;
  readonly budget: EdgeBudget;
  /** Null: none is declared. */
  readonly edgeLatencyMs: number | null;
}

export interface Placement {
  readonly tiers: Tier[];
  /** By graph: the elements of all inputs together that were run at the edge; graphs that were not run are not in it. */
  readonly edgeElementsMax: Readonly<Record<string, number>>;
  /** One sentence for each thing that decided, with its figures. */
  readonly why: string[];
}

/**
 * Where a version runs: the wish, less the edge where it cannot run there. A wish for the edge alone that cannot be is a
 * PublishError `cannot-run-at-edge` with the figures and what would help. Without `edgeLatencyMs` nothing that a faster
 * machine would measure differently decides, so the same files are placed alike everywhere.
 */
export function decidePlacement(question: PlacementQuestion): Placement {
  const { wished, figures, wasmRefusal, isPadded = false } = question;
  if (!wished.includes('edge')) {
    return { tiers: [...wished], edgeElementsMax: {}, why: ['The definition places it at the origin.'] };
  }
  const obstacles = obstaclesAtEdge(question);
  if (obstacles.length > 0) return withoutEdge(wished, obstacles);
  if (figures?.fits !== true || wasmRefusal !== null || isPadded) {
    throw new Error('expected figures of the edge for a version that is wished there');
  }
  const measured = Object.entries(figures.edge);
  return {
    tiers: [...wished],
    edgeElementsMax: Object.fromEntries(measured.map(([name, { elements }]) => [name, elements])),
    why: fittingWhy(question, figures),
  };
}

function withoutEdge(wished: readonly Tier[], obstacles: readonly Obstacle[]): Placement {
  const tiers = wished.filter((tier) => tier !== 'edge');
  const why = obstacles.map(({ text }) => text);
  if (tiers.length > 0) return { tiers, edgeElementsMax: {}, why };
  const help = [...new Set(obstacles.flatMap((obstacle) => obstacle.help))];
  throw new PublishError(
    'cannot-run-at-edge',
    `it is wished at the edge alone and cannot run there. ${why.join(' ')} What would help: ${help.join('; or ')}.`,
  );
}

function fittingWhy(
  { budget, wished }: PlacementQuestion,
  { edge, isolate }: Extract<EdgeMeasurement, { fits: true }>,
): string[] {
  const each = Object.entries(edge).map(([name, { shapes, heapPeakBytes, runP95Ms, elements }]) => {
    const limits = `${mibText(heapPeakBytes)} of ${mibText(budget.heapBytes)} heap, ${msText(runP95Ms)} (p95) a run`;
    const larger = wished.includes('origin') ? '; runs of more elements go to the origin' : '';
    return `Graph "${name}" fits at the edge with ${shapesText(shapes)} (${elements} elements): ${limits}${larger}.`;
  });
  const whole = isolate.peakBytes + budget.baseBytes;
  return [...each, `All in one isolate: ${mibText(whole)} of ${mibText(budget.isolateBytes)} at the peak.`].slice(
    -whyMax,
  );
}

/** As many as measurements hold. */
const whyMax = 32;
