import type { GraphScope } from '../graph/graph-scope.js';
import { isOnnx } from '../onnx/nodes.js';
import { elementTypes, type NodeProto } from '../onnx/onnx-messages.js';
import { countOf, type FloatValues } from '../onnx/tensor-values.js';

/** A node that answers x · factors + offsets, one of each for the whole tensor or for each channel (axis 1). */
export interface Affine {
  readonly x: string;
  readonly factors: readonly number[];
  readonly offsets: readonly number[];
}

/** What is known of the tensor that is scaled, where it is that of a convolution. */
export interface ChannelShape {
  readonly rank: number;
  readonly channels: number;
}

/** Constants of 32 bits; in others a graph would be mixed of both types. */
export function constantFloats(scope: GraphScope, name: string): FloatValues | undefined {
  return scope.initializer(name)?.dataType === elementTypes.float ? scope.floats(name) : undefined;
}

/** Mul, Add, Sub or Div of a value and a constant that does not change its shape; undefined for any other node. */
export function affineOf(scope: GraphScope, node: NodeProto, shape?: ChannelShape): Affine | undefined {
  const [a = '', b = ''] = node.input;
  if (!isOnnx(node) || !['Mul', 'Add', 'Sub', 'Div'].includes(node.opType)) return undefined;
  const right = spread(constantFloats(scope, b), shape);
  if (right !== undefined) return scope.initializer(a) === undefined ? withRight(node.opType, a, right) : undefined;
  const left = spread(constantFloats(scope, a), shape);
  if (left === undefined || node.opType === 'Div') return undefined;
  if (node.opType === 'Sub') return finite({ x: b, factors: left.map(() => -1), offsets: left });
  return withRight(node.opType, b, left);
}

/** The one factor and offset of an affine by scalars; undefined where each channel has its own. */
export function scalarOf({ factors, offsets }: Affine): { readonly factor: number; readonly offset: number } | undefined {
  const [[factor = 1], [offset = 0]] = [factors, offsets];
  return factors.length === 1 && offsets.length === 1 ? { factor, offset } : undefined;
} // prettier-ignore

/** Undefined where a factor or an offset is no number, as of a division by zero. */
export function finite(affine: Affine): Affine | undefined {
  return [...affine.factors, ...affine.offsets].every(Number.isFinite) ? affine : undefined;
}

function withRight(opType: string, x: string, values: readonly number[]): Affine | undefined {
  const [ones, zeros] = [values.map(() => 1), values.map(() => 0)];
  switch (opType) {
    case 'Mul':
      return finite({ x, factors: values, offsets: zeros });
    case 'Div':
      return finite({ x, factors: values.map((value) => 1 / value), offsets: zeros });
    case 'Add':
      return finite({ x, factors: ones, offsets: values });
    default:
      return finite({ x, factors: ones, offsets: values.map((value) => -value) });
  }
}

/**
 * The elements of a constant that leaves the shape of the tensor it meets as it is: one number, or one for each channel.
 * Axes count from the last: [C] beside [n, C, h, w] is along w, so only [C, 1, 1] and [1, C, 1, 1] are channels. Where the
 * rank is not known a scalar of two axes may add one.
 */
function spread(values: FloatValues | undefined, shape: ChannelShape | undefined): readonly number[] | undefined {
  if (values === undefined || values.dims.length > (shape?.rank ?? 1)) return undefined;
  if (countOf(values.dims) === 1) return [...values.data];
  if (shape === undefined) return undefined;
  const aligned = [...new Array<number>(shape.rank - values.dims.length).fill(1), ...values.dims];
  const isChannels = aligned.every((size, axis) => size === (axis === 1 ? shape.channels : 1));
  return isChannels ? [...values.data] : undefined;
}
