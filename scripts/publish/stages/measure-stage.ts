import { cpus } from 'node:os';
import type { Definition } from '../../../models/define.js';
import type { Tier } from '../../../shared/manifest/manifest.js';
import type { Measurements, OriginFigures } from '../../../shared/measure/measurements.js';
import { defaultBudget, type EdgeBudget, type EdgeMeasurement, type GraphToMeasure } from '../measure/measured.js';
import { measureAtEdge } from '../measure/measure-at-edge.js';
import { measureAtOrigin } from '../measure/measure-at-origin.js';
import { costOf, defaultPrices } from '../place/cost-of.js';
import { decidePlacement, type Placement, type WasmRefusal } from '../place/decide-placement.js';
import type { Artifact } from '../optimise/choose-artifact.js';
import type { PrepareOptions } from '../prepare-version.js';
import type { InspectOptions } from '../throw-away-runner.js';
import type { CompiledGraph } from './compile-stage.js';
import type { RecordedGraph } from './goldens-stage.js';

/** For each graph: larger batches are not begun after this long. */
const originMeasureMs = 4_000;

/** Measurements of a version that has no digest yet. */
export type UnnamedMeasurements = Omit<Measurements, 'digest'>;

export interface Decided {
  readonly placement: Placement;
  /** Null: nothing was measured. */
  readonly measurements: UnnamedMeasurements | null;
}

export interface MeasureInput {
  readonly definition: Definition;
  readonly graphs: readonly CompiledGraph[];
  readonly recorded: Readonly<Record<string, RecordedGraph>>;
  /** Why it cannot run at the edge, as far as that is known already. */
  readonly notAtEdge: string | null;
}

/** Measures a version where it is wished, and decides where it goes. Throws PublishError `cannot-run-at-edge`. */
export async function measureStage(input: MeasureInput, options: PrepareOptions & InspectOptions): Promise<Decided> {
  const { definition, graphs } = input;
  const { tiers: wished } = definition.placement;
  const budget = { ...defaultBudget, ...options.budget };
  const edgeLatencyMs = definition.edgeLatencyMs ?? null;
  const isPadded = definition.batching?.padding !== undefined;
  const wasmRefusal = graphs.find((graph) => graph.wasmRefusal !== null)?.wasmRefusal ?? refusedInTrial(input, options);
  const measured = toMeasure(input, ({ artifact }) => artifact);
  const measuredAtEdge = toMeasure(input, ({ artifact, edge }) => edge?.artifact ?? artifact);
  const atEdge = wished.includes('edge') && wasmRefusal === null && !isPadded && options.measure !== false;
  const figures = atEdge ? await edgeFigures(measuredAtEdge, input, { ...options, budget, edgeLatencyMs }) : null;
  const placement =
    options.measure === false && wasmRefusal === null && !isPadded
      ? {
          tiers: [...wished],
          edgeElementsMax: {},
          why: ['It was not measured: it is placed as its definition wishes.'],
        }
      : decidePlacement({ wished, figures, wasmRefusal, isPadded, budget, edgeLatencyMs });
  if (options.measure === false) return { placement, measurements: null };
  const origin = wished.includes('origin') ? await originFigures(measured, figures, input, options) : null;
  options.onEvent?.({ stage: 'place', model: definition.name, tiers: placement.tiers });
  return { placement, measurements: measurementsOf({ figures, origin, placement, wished, budget, edgeLatencyMs }, options) }; // prettier-ignore
}

/** Where nothing is measured, what did not run in the trial is known to not run all the same. */
function refusedInTrial({ notAtEdge, graphs }: MeasureInput, { measure }: PrepareOptions): WasmRefusal | null {
  if (measure !== false || notAtEdge === null) return null;
  return { graph: graphs[0]?.name ?? '', reason: notAtEdge, missing: [] };
}

function toMeasure(
  { definition, graphs, recorded }: MeasureInput,
  artifactOf: (graph: CompiledGraph) => Artifact,
): Record<string, GraphToMeasure> {
  return Object.fromEntries(
    graphs.map((compiled): [string, GraphToMeasure] => {
      const { name, signature } = compiled;
      const { graph, optimised } = artifactOf(compiled);
      return [
        name,
        {
          graph,
          optimised,
          signature,
          largest: definition.graphs[name]?.largest,
          examples: (recorded[name]?.goldens ?? []).map(({ inputs }) => inputs),
        },
      ];
    }),
  );
}

async function edgeFigures(
  measured: Readonly<Record<string, GraphToMeasure>>,
  { definition }: MeasureInput,
  options: PrepareOptions & InspectOptions & { readonly budget: EdgeBudget; readonly edgeLatencyMs: number | null },
): Promise<EdgeMeasurement> {
  const onGraph = turnsOf('edge', definition.name, options);
  const { budget, edgeLatencyMs, signal } = options;
  const figures = await measureAtEdge(measured, { budget, edgeLatencyMs, signal, onGraph: onGraph.begin });
  onGraph.end();
  return figures;
}

async function originFigures(
  measured: Readonly<Record<string, GraphToMeasure>>,
  figures: EdgeMeasurement | null,
  { definition }: MeasureInput,
  options: PrepareOptions & InspectOptions,
): Promise<Record<string, OriginFigures>> {
  const atEdge = figures?.fits === true ? Object.entries(figures.edge) : [];
  const shapes = Object.fromEntries(atEdge.map(([name, graph]) => [name, graph.shapes]));
  const onGraph = turnsOf('origin', definition.name, options);
  const origin = await measureAtOrigin(measured, {
    ...options,
    measureMs: originMeasureMs,
    shapes,
    onGraph: onGraph.begin,
  });
  onGraph.end();
  return origin;
}

/** Tells whose turn it is, one graph after the other; null: all of them together. */
function turnsOf(
  tier: Tier,
  model: string,
  { onEvent }: PrepareOptions,
): { readonly begin: (graph: string | null) => void; readonly end: () => void } {
  let running: { graph?: string } | undefined;
  const tell = (done: number): void => {
    if (running !== undefined) onEvent?.({ stage: 'measure', tier, model, ...running, done, total: 1 });
  };
  return {
    begin: (graph) => {
      tell(1);
      running = graph === null ? {} : { graph };
      tell(0);
    },
    end: () => tell(1),
  };
}

interface Figures {
  readonly figures: EdgeMeasurement | null;
  readonly origin: Record<string, OriginFigures> | null;
  readonly placement: Placement;
  readonly wished: Placement['tiers'];
  readonly budget: EdgeBudget;
  readonly edgeLatencyMs: number | null;
}

function measurementsOf(
  { figures, origin, placement, wished, budget, edgeLatencyMs }: Figures,
  { prices, nowMs = Date.now }: PrepareOptions,
): UnnamedMeasurements {
  const fitting = figures?.fits === true ? figures : null;
  const [cpu] = cpus();
  return {
    schema: 1,
    takenAt: new Date(nowMs()).toISOString(),
    machine: { cpu: (cpu?.model ?? 'unknown').trim().slice(0, 200), cores: cpus().length, node: process.version },
    budget: {
      isolateBytes: budget.isolateBytes,
      heapBytes: budget.heapBytes,
      baseBytes: budget.baseBytes,
      latencyMs: edgeLatencyMs,
    },
    edge: fitting?.edge ?? null,
    isolate: fitting?.isolate ?? null,
    origin,
    placement: { wished, tiers: placement.tiers, why: placement.why },
    cost: costOf(fitting?.edge ?? null, { ...defaultPrices, ...prices }),
  };
}
