import { joinInputs } from '../../origin/engine/batch/join.js';
import { FieldWriter } from '../../shared/protobuf/field-writer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { OnnxModel } from '../publish/graph/onnx-model.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from '../publish/throw-away-runner.js';

/** Names that no graph has: onnxruntime takes any text for one. */
const shapesOutput = 'brink: all shapes';
const separator = 'brink: separator';
/** No axis has this size. */
const separatorValue = -7;
const int64 = 7;
/** Inputs of one node: with thousands, onnxruntime takes a time that grows with their square. */
const joinedAtOnce = 128;
/** Operators whose outputs are no tensors. */
const notTensors = /^(Sequence(Construct|Empty|Insert|Erase|Map)|SplitToSequence|Optional)$/;

/** The values that the nodes of the graph itself make, in their order. */
export function tensorValues({ graph }: OnnxModel): string[] {
  return graph.nodes
    .filter(({ opType }) => !notTensors.test(opType))
    .flatMap(({ outputs }) => outputs)
    .filter((name) => name !== '');
}

/**
 * The shape of every value of a graph, by running it once on these inputs with one more output: all shapes, one behind
 * the other. Throws PublishError when it cannot be run so.
 */
export async function valueShapes(
  name: string,
  graph: GraphBytes,
  { model, inputs }: { readonly model: OnnxModel; readonly inputs: readonly Tensor[] },
  options: InspectOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = tensorValues(model);
  if (names.length === 0) return new Map();
  const traced = { ...graph, model: withShapesOutput(graph.model, names) };
  return throwAwayRunner(name, traced, options, async ({ runner, deadline }) => {
    const running = runner.run(name, joinInputs([inputs]));
    const { outputs } = await deadline.bound(running, 'the graph ran for its shapes');
    return shapesIn(names, outputs.find((output) => output.name === shapesOutput)?.data as BigInt64Array | undefined);
  });
}

/** A field of a message that comes again is merged with the first (protobuf): so a graph gets more nodes at its end. */
function withShapesOutput(model: Uint8Array, names: readonly string[]): Uint8Array {
  const graph = new FieldWriter();
  const parts: string[] = [];
  names.forEach((name, index) => {
    const output = `brink: shape ${index}`;
    graph.message(1, new FieldWriter().text(1, name).text(2, output).text(4, 'Shape'));
    parts.push(output, separator);
  });
  let level = parts;
  for (let depth = 0; level.length > joinedAtOnce; depth += 1) {
    const joined: string[] = [];
    for (let at = 0; at < level.length; at += joinedAtOnce) {
      const output = `brink: joined ${depth} ${at}`;
      graph.message(1, concatNode(level.slice(at, at + joinedAtOnce), output));
      joined.push(output);
    }
    level = joined;
  }
  graph.message(1, concatNode(level, shapesOutput));
  const value = new Uint8Array(BigInt64Array.of(BigInt(separatorValue)).buffer);
  graph.message(5, new FieldWriter().packed(1, [1]).unsigned(2, int64).text(8, separator).bytes(9, value));
  const type = new FieldWriter().message(1, new FieldWriter().unsigned(1, int64));
  graph.message(12, new FieldWriter().text(1, shapesOutput).message(2, type));
  return Buffer.concat([model, new FieldWriter().message(7, graph).finish()]);
}

function concatNode(inputs: readonly string[], output: string): FieldWriter {
  const node = new FieldWriter();
  for (const input of inputs) node.text(1, input);
  const axis = new FieldWriter().text(1, 'axis').unsigned(3, 0).unsigned(20, 2);
  return node.text(2, output).text(4, 'Concat').message(5, axis);
}

function shapesIn(names: readonly string[], data: BigInt64Array | undefined): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  let [shape, at]: [number[], number] = [[], 0];
  for (const size of data ?? []) {
    if (Number(size) !== separatorValue) {
      shape.push(Number(size));
      continue;
    }
    const name = names[at];
    if (name !== undefined) shapes.set(name, shape);
    [shape, at] = [[], at + 1];
  }
  return shapes;
}
