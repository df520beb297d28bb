import { seededRandom } from '../../../seeded-random.js';
import { floats, makeModel, node, spec, type TestModel } from '../../../../test/harness/onnx.js';

export const matmulSize = 1_024;
export const matmulLayers = 6;

/**
 * The MatMul-heavy model: `layers` × (MatMul with size² FP32 weights, ReLU), from [-1, size] to [-1, size]; axis 0 is
 * the batch. The weights are seeded, and scaled so that values neither vanish nor grow from layer to layer.
 */
export function matmulModel(size = matmulSize, layers = matmulLayers, seed = 7): TestModel {
  const random = seededRandom(seed);
  // Uniform in ±limit has the variance limit²/3; ReLU halves the second moment: 2/size per weight keeps it.
  const limit = Math.sqrt(6 / size);
  const weights = Array.from({ length: layers }, (_, layer) =>
    floats(
      `w${layer}`,
      [size, size],
      Float32Array.from({ length: size * size }, () => limit * (2 * random() - 1)),
    ),
  );
  const nodes = weights.flatMap((_, layer) => [
    node('MatMul', [layer === 0 ? 'x' : `h${layer}`, `w${layer}`], [`p${layer}`]),
    node('Relu', [`p${layer}`], [layer === layers - 1 ? 'y' : `h${layer + 1}`]),
  ]);
  const signature = { inputs: [spec('x', 'FP32', [-1, size])], outputs: [spec('y', 'FP32', [-1, size])] };
  return makeModel(signature, nodes, weights);
}
