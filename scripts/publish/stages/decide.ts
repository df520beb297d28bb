import type { Definition } from '../../../models/define.js';
import type { Manifest } from '../../../shared/manifest/manifest.js';
import { defaultBudget } from '../measure/measured.js';
import { planBasis } from '../plan/plan-basis.js';
import { planFor, withDecisions } from '../plan/plan-for.js';
import type { Plan } from '../plan/plan.js';
import { readPlan } from '../plan/plan-file.js';
import type { PrepareOptions } from '../prepare-version.js';
import type { ProofRow } from '../prove/proof-row.js';
import type { Section } from '../report/section.js';
import type { InspectOptions } from '../throw-away-runner.js';
import type { CompiledGraph } from './compile-stage.js';
import type { RecordedGraph } from './goldens-stage.js';
import { measureStage, type UnnamedMeasurements } from './measure-stage.js';
import { proveStage } from './prove-stage.js';

export interface DecideInput {
  readonly definition: Definition;
  readonly folder: string;
  readonly graphs: readonly CompiledGraph[];
  readonly recorded: Readonly<Record<string, RecordedGraph>>;
  /** Placed as wished. */
  readonly manifest: Manifest;
}

export interface Decision {
  /** What it was decided about (plan-basis.ts). */
  readonly of: string;
  readonly manifest: Manifest;
  readonly measurements: UnnamedMeasurements | null;
  /** Why there are none. */
  readonly notMeasured: string;
  readonly proof: Section<readonly ProofRow[]>;
  readonly warnings: readonly string[];
}

/**
 * Where a version goes. A plan that was made for exactly these files decides as it did then: they were proven and measured
 * when it was made. Else they are now.
 */
export async function decide(input: DecideInput, options: PrepareOptions & InspectOptions): Promise<Decision> {
  const { manifest } = input;
  const of = await planBasis(manifest, input.definition, { ...defaultBudget, ...options.budget });
  if (options.trials === false) {
    const notRun = 'this publish did without';
    return { of, manifest, measurements: null, notMeasured: notRun, proof: { notRun }, warnings: [] };
  }
  const plan = options.plan === null ? undefined : await readPlan(options.plan ?? input.folder);
  const found = planFor(plan, of);
  if (found.applies && options.measure !== false && mayApply(found.plan, input)) {
    const notRun = 'done when its plan was made, for exactly these files';
    const measurements = found.plan.measurements ?? null;
    return { of, manifest: withDecisions(manifest, found.plan), measurements, notMeasured: notRun, proof: { notRun }, warnings: [] }; // prettier-ignore
  }
  const decision = await decideAnew(of, input, options);
  const stale = plan === undefined || found.applies ? [] : [`${found.text}: it was measured anew (--write-plan keeps that)`]; // prettier-ignore
  return { ...decision, warnings: [...stale, ...decision.warnings] };
}

/** A plan cannot place at the edge what is known not to run there. */
function mayApply({ placement }: Plan, { graphs, definition }: DecideInput): boolean {
  const isBarred = definition.batching?.padding !== undefined || graphs.some(({ wasmRefusal }) => wasmRefusal !== null);
  return !isBarred || !placement.tiers.includes('edge');
}

async function decideAnew(
  of: string,
  { definition, graphs, recorded, manifest }: DecideInput,
  options: PrepareOptions & InspectOptions,
): Promise<Decision> {
  const atEdge =
    definition.placement.tiers.includes('edge') &&
    definition.batching?.padding === undefined &&
    graphs.every(({ wasmRefusal }) => wasmRefusal === null);
  const { rows, notAtEdge } = await proveStage(graphs, recorded, definition, { ...options, atEdge });
  const { placement, measurements } = await measureStage({ definition, graphs, recorded, notAtEdge }, options);
  const decisions = {
    placement: { tiers: placement.tiers },
    graphs: Object.fromEntries(Object.entries(placement.edgeElementsMax).map(([name, max]) => [name, { edgeElementsMax: max }])), // prettier-ignore
  };
  const moved = definition.placement.tiers.filter((tier) => !placement.tiers.includes(tier));
  const warnings = moved.length === 0 ? [] : [`it is not placed at the ${moved.join(', ')}, though that was wished: ${measurements === null ? placement.why.join(' ') : 'see the placement'}`]; // prettier-ignore
  const proof = rows.length === 0 ? { notRun: 'it has no goldens' } : { value: rows };
  return { of, manifest: withDecisions(manifest, decisions), measurements, notMeasured: 'this publish did without (--no-measure)', proof, warnings }; // prettier-ignore
}
