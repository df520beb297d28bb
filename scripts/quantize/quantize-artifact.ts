import type { Tensor } from '../../shared/protocol/tensor.js';
import { graphSize } from '../publish/graph-size.js';
import { weightsFile } from '../publish/optimise/optimise-graph.js';
import { passGate } from '../publish/pass-gate.js';
import type { GraphBytes, InspectOptions } from '../publish/throw-away-runner.js';
import { collectRanges } from './calibrate/collect-ranges.js';
import type { RangeMethod, ValueRanges } from './calibrate/value-ranges.js';
import { type FoldReport, foldGraph } from './fold/fold-graph.js';
import { EditableModel } from './graph/editable-model.js';
import { findOperators } from './operators/find-operators.js';
import { whyNone } from './operators/why-none.js';
import { quantizeGraph, type QuantizedOperator } from './quantize-graph.js';
import { schemes } from './schemes/all-schemes.js';
import type { SchemeName } from './schemes/scheme.js';

export interface QuantizeSettings {
  /** For every operator that takes it; the others stay fp32. */
  readonly scheme: Exclude<SchemeName, 'fp32'>;
  /** Operators that stay fp32, by id. */
  readonly exclude?: readonly string[] | undefined;
  readonly ranges?: RangeMethod | undefined;
  /** What ranges are calibrated with; only `static-int8` needs some. */
  readonly inputs: readonly (readonly Tensor[])[];
}

export interface QuantizedArtifact {
  readonly graph: GraphBytes;
  readonly folds: FoldReport;
  readonly operators: readonly QuantizedOperator[];
}

export type QuantizeStep = 'calibrate' | 'quantize';

/**
 * A graph that was optimised, folded and quantized: the same input and settings give the same bytes. A text says why it
 * cannot be: it has no weights that any scheme takes, or is quantized already. Throws PublishError where the graph does
 * not run with the inputs, or what was made does not pass the gate.
 */
export async function quantizeArtifact(
  name: string,
  artifact: GraphBytes,
  { scheme, exclude = [], ranges: method = 'min-max', inputs }: QuantizeSettings,
  { onStep, ...options }: InspectOptions & { readonly onStep?: (step: QuantizeStep) => void } = {},
): Promise<QuantizedArtifact | string> {
  const model = await EditableModel.open(artifact);
  const folds = foldGraph(model);
  const ids = findOperators(model).map(({ id }) => id);
  if (ids.length === 0) return whyNone(artifact);
  const stranger = exclude.find((id) => !ids.includes(id));
  if (stranger !== undefined) return `expected an excluded operator to be named by its first output, got "${stranger.slice(0, 64)}"`; // prettier-ignore
  const folded = model.finish(weightsFile);
  let ranges: ValueRanges = new Map();
  if (scheme === 'static-int8') {
    if (inputs.length === 0) return 'there are no examples to calibrate its ranges with';
    onStep?.('calibrate');
    ranges = await collectRanges(folded, await valuesOf(folded), inputs, method, options);
  }
  onStep?.('quantize');
  const assignment = new Map(ids.filter((id) => !exclude.includes(id)).map((id) => [id, scheme] as const));
  const { graph, operators } = await quantizeGraph(folded, assignment, { ranges, schemes, weightsFile });
  if (operators.every((operator) => operator.scheme === 'fp32')) {
    return operators.find(({ why }) => why !== null)?.why ?? 'every operator was excluded';
  }
  const [before, after] = [graphSize(artifact), graphSize(graph)];
  if (after >= before) return `quantized it would not be smaller (${after} bytes, ${before} before)`;
  passGate(name, graph);
  return { graph, folds, operators };
}

/** What goes into operators with weights, what comes out of them, and of the node behind, which may be folded into them. */
async function valuesOf(graph: GraphBytes): Promise<string[]> {
  const model = await EditableModel.open(graph);
  const values = findOperators(model)
    .filter(({ scope }) => !scope.isNested) // what is within branches cannot be asked for
    .flatMap(({ node, scope }) => {
      const [input = '', output = ''] = [node.input[0], node.output[0]];
      return [input, output, ...scope.consumersOf(output).flatMap(({ output: [next = ''] }) => next)];
    });
  return [...new Set(values)].filter((value) => value !== '' && model.main.initializer(value) === undefined);
}
