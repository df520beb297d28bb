import type { GraphBytes } from '../../publish/throw-away-runner.js';
import { EditableModel } from '../graph/editable-model.js';
import { floatValues } from '../onnx/tensor-values.js';

/** Operators that somebody's quantizer has written. */
const quantizedOperators = new Set([
  'ConvInteger', 'DequantizeLinear', 'DynamicQuantizeLSTM', 'DynamicQuantizeLinear', 'DynamicQuantizeMatMul', 'MatMulInteger',
  'MatMulIntegerToFloat', 'MatMulNBits', 'QAttention', 'QGemm', 'QLinearConv', 'QLinearMatMul', 'QuantizeLinear',
]); // prettier-ignore

/** Why a graph has no operator that any scheme takes, for whoever asked to quantize it. */
export async function whyNone(graph: GraphBytes): Promise<string> {
  const { main } = await EditableModel.open(graph);
  const nodes = main.all.flatMap((scope) => scope.nodes);
  const quantized = new Set(nodes.map(({ opType }) => opType).filter((opType) => quantizedOperators.has(opType)));
  if (quantized.size > 0) return `it is quantized already (${[...quantized].sort().join(', ')})`;
  const hasFloats = main.all.some(({ proto }) => proto.initializer.some((tensor) => floatValues(tensor) !== undefined));
  if (!hasFloats) return 'it has no float weights';
  return 'none of its weights is a constant of a MatMul, Gemm, Conv, ConvTranspose, Gather, LSTM or GRU';
}
