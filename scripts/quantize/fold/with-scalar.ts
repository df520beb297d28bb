import type { GraphScope } from '../graph/graph-scope.js';
import type { NodeProto } from '../onnx/onnx-messages.js';

/** A node of a value and a constant of one float that does not change its shape, in either order. */
export interface WithScalar {
  readonly x: string;
  readonly scalar: number;
}

export function withScalar(scope: GraphScope, { input }: NodeProto): WithScalar | undefined {
  const [a = '', b = ''] = input;
  for (const [x, constant] of [[a, b], [b, a]] as const) {
    const values = scope.floats(constant);
    // [1] or []: with more axes the result may have more than x has
    if (values?.data.length === 1 && values.dims.length <= 1 && scope.initializer(x) === undefined) {
      return { x, scalar: values.data[0] ?? 0 };
    }
  }
  return undefined;
} // prettier-ignore
