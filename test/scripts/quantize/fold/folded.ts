import { foldGraph } from '../../../../scripts/quantize/fold/fold-graph.js';
import { EditableModel } from '../../../../scripts/quantize/graph/editable-model.js';
import { asGraph } from '../../../harness/as-graph.js';
import { GraphBuilder } from '../../../harness/graph-builder.js';
import { spec } from '../../../harness/onnx.js';
import { runInWasm } from '../../../harness/run-in-wasm.js';

const shape = [1, 4, 8, 8];
const x = { x: { shape, data: Float32Array.from({ length: 256 }, (_, at) => 4 * Math.sin(at * 1.7)) } };

/** A graph from x to y, both [1, 4, 8, 8]; its folds, its operators and how far its answers moved. */
export async function folded(write: (graph: GraphBuilder) => string, opset?: number, alsoOutputs: string[] = []) {
  const graph = new GraphBuilder(2);
  graph.add('Identity', [write(graph)], [], 'y');
  const outputs = ['y', ...alsoOutputs].map((name) => spec(name, 'FP32', shape));
  const source = asGraph(graph.model([spec('x', 'FP32', shape)], outputs, opset));
  const model = await EditableModel.open(source);
  const report = foldGraph(model);
  const operators = model.main.nodes.map(({ opType }) => opType).filter((opType) => opType !== 'Identity');
  const [before, after] = [await runInWasm(source, x), await runInWasm(model.finish(null), x)];
  const error = Math.max(...Object.entries(before).flatMap(([name, data]) => Array.from(data, (value, at) => Math.abs(value - after[name]![at]!)))); // prettier-ignore
  return { report, operators, error };
}
