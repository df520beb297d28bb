import type { GraphBytes } from '../publish/throw-away-runner.js';
import { EditableModel } from './graph/editable-model.js';
import { findOperators } from './operators/find-operators.js';
import { joinQuantized } from './schemes/static/join-quantized.js';
import type { Scheme, SchemeContext, SchemeName } from './schemes/scheme.js';

/** The operators that are quantized, by id (QuantizableOperator); the others stay fp32. */
export type Assignment = ReadonlyMap<string, SchemeName>;

export interface QuantizedOperator {
  readonly id: string;
  readonly kind: string;
  readonly group: string;
  readonly scheme: SchemeName;
  /** Why it stayed fp32 though another scheme was assigned. */
  readonly why: string | null;
}

export interface QuantizedGraph {
  readonly graph: GraphBytes;
  /** Each operator with weights, in the order of the nodes. */
  readonly operators: readonly QuantizedOperator[];
}

/** Changes the graph as the assignment says. What a scheme does not take stays fp32, and the row says why. */
export async function quantizeGraph(
  source: GraphBytes,
  assignment: Assignment,
  {
    schemes,
    weightsFile,
    ...context
  }: SchemeContext & {
    readonly schemes: Readonly<Record<Exclude<SchemeName, 'fp32'>, Scheme>>;
    /** Null: the weights stay inside the graph. */
    readonly weightsFile: string | null;
  },
): Promise<QuantizedGraph> {
  const model = await EditableModel.open(source);
  const operators = findOperators(model).map((operator): QuantizedOperator => {
    const { id, kind, group } = operator;
    const wanted = assignment.get(id) ?? 'fp32';
    if (wanted === 'fp32') return { id, kind, group, scheme: 'fp32', why: null };
    const applied = schemes[wanted](model, operator, context);
    if (applied === true) return { id, kind, group, scheme: wanted, why: null };
    return { id, kind, group, scheme: 'fp32', why: applied };
  });
  model.main.all.forEach(joinQuantized);
  return { graph: model.finish(weightsFile), operators };
}
