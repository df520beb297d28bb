import { int4Blocks } from '../../arithmetic/int4-blocks.js';
import { intAttribute, makeNode, microsoft } from '../../onnx/nodes.js';
import { elementTypes } from '../../onnx/onnx-messages.js';
import { matrixProduct } from '../../operators/matrix-product.js';
import type { Scheme } from '../scheme.js';

const blockSize = 32;

/** Matrices in blocks of 4 bits along the axis that is summed over: com.microsoft's MatMulNBits, arithmetic in fp32. */
export const int4Weights: Scheme = (model, operator) => {
  const { scope, node, weights: [weight] } = operator; // prettier-ignore
  const product = matrixProduct(operator);
  if (typeof product === 'string') return product;
  const [k = 0, n = 0] = product.weights.dims;
  if (k < blockSize) return `it sums over ${k} elements, fewer than a block of ${blockSize}`;
  const { data, scales, blocks } = int4Blocks(product.weights, blockSize);
  model.useMicrosoft();
  const name = weight?.name ?? '';
  const packed = scope.addInitializer(`${name}_int4`, [n, blocks, blockSize / 2], elementTypes.uint8, data);
  const scale = scope.addInitializer(`${name}_scale`, [n * blocks], elementTypes.float, scales);
  const sizes = { K: k, N: n, bits: 4, block_size: blockSize };
  const attribute = Object.entries(sizes).map(([size, value]) => intAttribute(size, value));
  const { x, bias, output, behind } = product;
  const plain = bias === '' ? output : scope.fresh(`${output}_product`);
  scope.replace(node, [
    makeNode('MatMulNBits', [x, packed, scale], [plain], { domain: microsoft, attribute }),
    ...(bias === '' ? [] : [makeNode('Add', [plain, bias], [output])]),
    ...behind,
  ]);
  return true;
};
