import { foldGraph, type FoldReport } from '../../../../scripts/quantize/fold/fold-graph.js';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { decodeModel, encodeModel } from '../../../../scripts/quantize/onnx/onnx-codec.js';
import type { ModelProto } from '../../../../scripts/quantize/onnx/onnx-messages.js';
import { asGraph } from '../../../harness/as-graph.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { ints, spec } from '../../../harness/onnx.js';
import { runInWasm } from '../../../harness/run-in-wasm.js';

/** Of x and y. */
export const shape = [1, 4, 8, 8];
const x = { x: { shape, data: Float32Array.from({ length: 256 }, (_, at) => 4 * Math.sin(at * 1.7)) } };

export interface Folded {
  readonly report: FoldReport;
  /** In the order of the nodes, without `Identity`, which gives y its name. */
  readonly operators: readonly string[];
  /** The most that an element of an answer moved, relative to 1 and to the answer that is furthest from zero. */
  readonly error: number;
  readonly model: EditableModel;
}

interface How {
  readonly opset?: number;
  readonly alsoOutputs?: readonly string[];
  /** Changes what a GraphBuilder cannot write. */
  readonly edit?: (proto: ModelProto) => void;
}

/** A graph from x to y, both [1, 4, 8, 8], folded; each answer beside that of the graph as it was. */
export async function folded(
  write: (graph: GraphBuilder) => string,
  { opset, alsoOutputs = [], edit }: How = {},
): Promise<Folded> {
  const graph = new GraphBuilder(2);
  graph.add('Identity', [write(graph)], [], 'y');
  const outputs = ['y', ...alsoOutputs].map((name) => spec(name, 'FP32', shape));
  const built = asGraph(graph.model([spec('x', 'FP32', shape)], outputs, opset));
  const proto = decodeModel(built.model);
  edit?.(proto);
  const source = { ...built, model: encodeModel(proto) };
  const model = await EditableModel.open(source);
  const report = foldGraph(model);
  const operators = model.main.nodes.map(({ opType }) => opType).filter((opType) => opType !== 'Identity');
  const [before, after] = [await runInWasm(source, x), await runInWasm(model.finish(null), x)];
  const errors = Object.entries(before).map(([name, data]) => {
    const scale = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    return Math.max(...data.map((value, at) => Math.abs(value - (after[name]?.[at] ?? NaN)) / scale));
  });
  return { report, operators, error: Math.max(...errors), model };
}

interface ConvStyle {
  readonly kernel?: number;
  /** On each side. */
  readonly pad?: number;
  readonly bias?: boolean;
}

/** A convolution of 4 channels to 4: 3×3 padded by 1 unless told otherwise. */
export function conv(graph: GraphBuilder, input: string, { kernel = 3, pad = 1, bias = true }: ConvStyle = {}): string {
  const weights = [graph.weights([4, 4, kernel, kernel], 4 * kernel ** 2), ...(bias ? [graph.weights([4])] : [])];
  return graph.add('Conv', [input, ...weights], [ints('pads', [pad, pad, pad, pad])]);
}

/** 1×1, nothing padded. */
export const pointwise = { kernel: 1, pad: 0 };
