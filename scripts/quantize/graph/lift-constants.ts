import { attributeOf, intsOf, isOnnx } from '../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../onnx/onnx-messages.js';
import { countOf, type FloatValues } from '../onnx/tensor-values.js';
import type { GraphScope } from './graph-scope.js';

/**
 * Constants that nodes make become initializers of the same name: `Constant` with a tensor, and `Identity` or `Transpose`
 * of float constants. Weights are then found in one place, however an exporter wrote them. A value that a graph answers
 * with is left as it is.
 */
export function liftConstants(scope: GraphScope): void {
  for (const node of [...scope.nodes]) {
    const [output = ''] = node.output;
    if (!isOnnx(node) || scope.isOutput(output)) continue;
    if (node.opType === 'Constant') liftTensor(scope, node, output);
    else if (node.opType === 'Identity' || node.opType === 'Transpose') liftFloats(scope, node, output);
  }
}

function liftTensor(scope: GraphScope, node: NodeProto, output: string): void {
  const tensor = attributeOf(node, 'value')?.t;
  if (tensor === undefined || tensor === null) return;
  scope.remove(node);
  scope.proto.initializer.push({ ...tensor, name: output });
}

function liftFloats(scope: GraphScope, node: NodeProto, output: string): void {
  const [input = ''] = node.input;
  const tensor = scope.initializer(input);
  if (tensor?.dataType !== elementTypes.float) return;
  const values = scope.floats(input);
  if (values === undefined) return;
  const given = intsOf(node, 'perm');
  const order = given.length > 0 ? given : values.dims.map((_, axis) => values.dims.length - 1 - axis);
  const { dims, data } = node.opType === 'Identity' ? values : transposed(values, order);
  scope.remove(node);
  scope.setInitializer(output, dims, elementTypes.float, data);
}

/** Axis `order[k]` of the values becomes axis k. */
export function transposed({ dims, data }: FloatValues, order: readonly number[]): FloatValues {
  const strides = dims.map((_, axis) => countOf(dims.slice(axis + 1)));
  const to = order.map((axis) => dims[axis] ?? 1);
  const steps = order.map((axis) => strides[axis] ?? 0);
  const result = new Float32Array(data.length);
  const at = to.map(() => 0);
  let from = 0;
  for (let index = 0; index < result.length; index += 1) {
    result[index] = data[from] ?? 0;
    for (let axis = to.length - 1; axis >= 0; axis -= 1) {
      at[axis] = (at[axis] ?? 0) + 1;
      from += steps[axis] ?? 0;
      if ((at[axis] ?? 0) < (to[axis] ?? 1)) break;
      from -= (steps[axis] ?? 0) * (to[axis] ?? 1);
      at[axis] = 0;
    }
  }
  return { dims: to, data: result };
}
