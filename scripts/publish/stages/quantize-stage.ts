import type { Definition } from '../../../models/define.js';
import { quantizedTolerance, type Tolerance } from '../../../shared/golden/tolerance.js';
import { isFloat } from '../../../shared/golden/float-error.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { quantizeArtifact } from '../../quantize/quantize-artifact.js';
import type { PrepareOptions } from '../prepare-version.js';
import type { InspectOptions } from '../throw-away-runner.js';
import type { CompiledGraph } from './compile-stage.js';
import type { RecordedGraph } from './goldens-stage.js';

export interface QuantizedGraphs {
  readonly graphs: readonly CompiledGraph[];
  readonly warnings: readonly string[];
}

/**
 * The graphs that their definition wants quantized get an artifact of their own for the edge; the origin keeps what it
 * has. What cannot be quantized goes on as it is, with a warning that says why. Ranges are calibrated with the inputs of
 * the goldens.
 */
export async function quantizeStage(
  definition: Definition,
  graphs: readonly CompiledGraph[],
  recorded: Readonly<Record<string, RecordedGraph>>,
  options: PrepareOptions & InspectOptions,
): Promise<QuantizedGraphs> {
  const done: CompiledGraph[] = [];
  const warnings: string[] = [];
  for (const graph of graphs) {
    const wanted = definition.graphs[graph.name]?.quantize;
    if (wanted === undefined || wanted === 'off' || !definition.placement.tiers.includes('edge')) {
      done.push(graph);
      continue;
    }
    options.onEvent?.({ stage: 'quantize', model: definition.name, graph: graph.name });
    const inputs = (recorded[graph.name]?.goldens ?? []).map((golden) => golden.inputs);
    const quantized = graph.wasmRefusal === null ? await quantizeArtifact(graph.name, graph.artifact.graph, { ...wanted, inputs }, options) : 'it does not run at the edge'; // prettier-ignore
    if (typeof quantized === 'string') {
      done.push(graph);
      warnings.push(`graph "${graph.name}" is not quantized: ${quantized}`);
      continue;
    }
    const tolerances = tolerancesOf(graph.signature, wanted.tolerances);
    done.push({ ...graph, edge: { artifact: { graph: quantized.graph, optimised: true, why: wanted.scheme }, tolerances } }); // prettier-ignore
  }
  return { graphs: done, warnings };
}

/** Every output of floats is held to what its author declares, else to what quantized graphs are held to. */
function tolerancesOf(
  { outputs }: Signature,
  declared: Readonly<Record<string, Tolerance>> = {},
): Record<string, Tolerance> {
  const floats = outputs.filter(({ datatype }) => isFloat(datatype));
  return Object.fromEntries(floats.map(({ name }) => [name, Object.hasOwn(declared, name) ? (declared[name] ?? quantizedTolerance) : quantizedTolerance])); // prettier-ignore
}
