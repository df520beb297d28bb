import type { Definition } from '../../../models/define.js';
import { type EdgeTrial } from '../../trial/edge-trial.js';
import { startEdgeTrial } from '../../trial/start-edge-trial.js';
import type { PrepareOptions } from '../prepare-version.js';
import type { ProofRuntime } from '../publish-events.js';
import { checkNotBlind } from '../prove/check-not-blind.js';
import { proveArtifact } from '../prove/prove-artifact.js';
import type { ProofRow } from '../prove/proof-row.js';
import type { InspectOptions } from '../throw-away-runner.js';
import type { CompiledGraph } from './compile-stage.js';
import type { RecordedGraph } from './goldens-stage.js';

export interface ProofOfVersion {
  readonly rows: readonly ProofRow[];
  /** Why it cannot run at the edge, where a graph did not in workerd; null: it did, or was not to. */
  readonly notAtEdge: string | null;
}

/** Holds what is to be stored against the goldens, natively and (`atEdge`) in workerd, and the goldens against changed weights. */
export async function proveStage(
  graphs: readonly CompiledGraph[],
  recorded: Readonly<Record<string, RecordedGraph>>,
  definition: Definition,
  options: PrepareOptions & InspectOptions & { readonly atEdge: boolean },
): Promise<ProofOfVersion> {
  const trial = options.atEdge ? await startEdgeTrial({ signal: options.signal }) : undefined;
  try {
    const rows: ProofRow[] = [];
    let notAtEdge: string | null = null;
    for (const graph of graphs) {
      const goldens = recorded[graph.name]?.goldens ?? [];
      const proof = await proveOne(graph, goldens, definition, { ...options, trial });
      rows.push(...proof.rows);
      notAtEdge ??= proof.notAtEdge;
    }
    return { rows, notAtEdge };
  } finally {
    await trial?.close();
  }
}

async function proveOne(
  { name, artifact, edge, source }: CompiledGraph,
  goldens: RecordedGraph['goldens'],
  definition: Definition,
  options: PrepareOptions & InspectOptions & { readonly trial: EdgeTrial | undefined },
): Promise<ProofOfVersion> {
  const { onEvent } = options;
  const total = goldens.length;
  let running: ProofRuntime | undefined;
  const tell = (done: number): void => {
    if (running === undefined) return;
    onEvent?.({ stage: 'prove', model: definition.name, graph: name, runtime: running, done, total });
  };
  const onRuntime = (runtime: ProofRuntime): void => {
    tell(total);
    running = runtime;
    tell(0);
  };
  const tolerances = definition.graphs[name]?.tolerances;
  const proveOptions = { ...options, optimised: artifact.optimised, tolerances, onRuntime };
  const trial = edge === undefined ? options.trial : undefined;
  const proof = await proveArtifact(name, artifact.graph, goldens, { ...proveOptions, trial });
  const atEdge = edge === undefined || options.trial === undefined ? null : await proveArtifact(name, edge.artifact.graph, goldens, { ...proveOptions, native: false, optimised: true, tolerances: edge.tolerances }); // prettier-ignore
  // The author's own graph: what is optimised may hold its weights in another form, and the goldens are of this one.
  await checkNotBlind(name, source, goldens, { ...options, tolerances });
  tell(total);
  return { rows: [...proof.rows, ...(atEdge?.rows ?? [])], notAtEdge: proof.notAtEdge ?? atEdge?.notAtEdge ?? null };
}
