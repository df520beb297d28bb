import { int8PerChannel } from '../../arithmetic/quantize-weights.js';
import { transposed } from '../../graph/lift-constants.js';
import type { GraphScope } from '../../graph/graph-scope.js';
import { intOf, makeNode, microsoft } from '../../onnx/nodes.js';
import { elementTypes } from '../../onnx/onnx-messages.js';
import type { OperatorWeight } from '../../operators/quantizable-operator.js';
import type { Scheme } from '../scheme.js';

/** X, W, R, B, lengths, h, c, P: what an LSTM takes, each but the first three may be missing. */
const lstmInputs = 8;

/**
 * com.microsoft's DynamicQuantizeLSTM (onnxruntime, ContribOperators.md): inputs and states are quantized by their range in
 * each step, weights are [directions, in or hidden, 4 · hidden] int8 with a scale for each direction and column. A quarter
 * of the size; in WebAssembly (onnxruntime-web 1.29) it takes 1.2 to 1.5 times as long as fp32.
 */
export const dynamicLstm: Scheme = (model, { scope, node, weights: [w, r] }) => {
  if (w === undefined || r === undefined) return 'it has no weights';
  if (intOf(node, 'layout', 0) !== 0) return 'its layout is not 0 (steps first)';
  model.useMicrosoft();
  const input = Array.from({ length: lstmInputs }, (_, at) => node.input[at] ?? '');
  const [wide, recurrent] = [columns(scope, w), columns(scope, r)];
  input[w.input] = wide.data;
  input[r.input] = recurrent.data;
  input.push(wide.scale, wide.zero, recurrent.scale, recurrent.zero);
  const attribute = node.attribute.filter(({ name }) => name !== 'layout');
  scope.replace(node, [makeNode('DynamicQuantizeLSTM', input, node.output, { domain: microsoft, attribute })]);
  return true;
};

/** [directions, gates, k] → [directions, k, gates], and what belongs to each of directions × gates. */
function columns(scope: GraphScope, { name, values }: OperatorWeight): Record<'data' | 'scale' | 'zero', string> {
  const [directions = 0, gates = 0, k = 0] = values.dims;
  const rows = int8PerChannel({ dims: [directions * gates, k], data: values.data }, 0);
  const turned = transposed({ dims: values.dims, data: Float32Array.from(rows.data) }, [0, 2, 1]);
  const perColumn = [directions, gates];
  return {
    data: scope.addInitializer(`${name}_int8`, turned.dims, elementTypes.int8, Int8Array.from(turned.data)),
    scale: scope.addInitializer(`${name}_scale`, perColumn, elementTypes.float, rows.scales),
    zero: scope.addInitializer(`${name}_zero`, perColumn, elementTypes.int8, new Int8Array(rows.scales.length)),
  };
}
