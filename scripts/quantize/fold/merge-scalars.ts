import type { GraphScope } from '../graph/graph-scope.js';
import { makeNode } from '../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../onnx/onnx-messages.js';
import { affineOf, scalarOf } from './affine.js';

interface Chain {
  readonly x: string;
  /** In their order; nobody but the next sees what one answers. */
  readonly nodes: readonly NodeProto[];
  readonly factor: number;
  readonly offset: number;
}

/** Mul, Add, Sub and Div by scalars, one after the other → a Mul, an Add or both, where these are fewer. Counts the chains. */
export function mergeScalars(scope: GraphScope): number {
  let count = 0;
  for (const node of [...scope.nodes]) {
    const chain = chainTo(scope, node);
    if (chain === undefined || !merge(scope, chain)) continue;
    count += 1;
  }
  return count;
}

/** What ends with `node` and goes no further; undefined where it is no chain of two. */
function chainTo(scope: GraphScope, node: NodeProto): Chain | undefined {
  const next = scope.onlyConsumer(node.output[0] ?? '');
  if (next !== undefined && affineAt(scope, next) !== undefined) return undefined;
  const nodes: NodeProto[] = [];
  let [x, factor, offset] = ['', 1, 0];
  for (let at: NodeProto | undefined = node; at !== undefined; at = scope.producerOf(x)) {
    const step = affineAt(scope, at);
    if (step === undefined || (nodes.length > 0 && scope.onlyConsumer(x) !== nodes[0])) break;
    // (x · f + o) before: its factor and offset go through what is behind
    [x, factor, offset] = [step.x, step.factor * factor, step.offset * factor + offset];
    nodes.unshift(at);
  }
  return nodes.length < 2 ? undefined : { x, nodes, factor, offset };
}

function affineAt(scope: GraphScope, node: NodeProto): { x: string; factor: number; offset: number } | undefined {
  const affine = affineOf(scope, node);
  const scalar = affine === undefined ? undefined : scalarOf(affine);
  return affine === undefined || scalar === undefined ? undefined : { x: affine.x, ...scalar };
}

function merge(scope: GraphScope, { x, nodes, factor, offset }: Chain): boolean {
  const [f, o] = [Math.fround(factor), Math.fround(offset)];
  const last = nodes.at(-1);
  const steps = [...(f === 1 ? [] : [['Mul', f] as const]), ...(o === 0 ? [] : [['Add', o] as const])];
  // Together they may be beyond what a 32-bit float holds, though one by one they are not.
  const isSafe = Number.isFinite(f) && Number.isFinite(o) && Math.abs(f) >= 2 ** -126;
  if (last === undefined || !isSafe || Math.max(steps.length, 1) >= nodes.length) return false;
  const [output = ''] = last.output;
  const constants = steps.map(([opType, value]) => scope.addInitializer(`${output}_${opType.toLowerCase()}`, [], elementTypes.float, Float32Array.of(value))); // prettier-ignore
  const between = steps.length === 2 ? scope.fresh(`${output}_scaled`) : output;
  const made = steps.map(([opType], at) =>
    makeNode(opType, [at === 0 ? x : between, constants[at] ?? ''], [at === 0 ? between : output]),
  );
  scope.replace(last, made.length === 0 ? [makeNode('Identity', [x], [output])] : made);
  for (const node of nodes.slice(0, -1)) scope.remove(node);
  return true;
}
