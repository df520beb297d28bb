import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { Padding } from '../../../shared/manifest/manifest.js';
import type { Signature, TensorSpec } from '../../../shared/protocol/tensor.js';
import { filled } from './fill-value.js';

/** Whether what a version declares can be done with its signature; throws `invalid-manifest`. Once, at load. */
export function checkPadding(paddings: readonly Padding[], { inputs, outputs }: Signature): void {
  for (const { input, axis, value, outputs: cuts } of paddings) {
    const { datatype } = axisOf(inputs, 'input', input, axis);
    filled(datatype, 1, value);
    for (const [output, cut] of Object.entries(cuts)) axisOf(outputs, 'output', output, cut.axis);
  }
}

function axisOf(specs: readonly TensorSpec[], kind: string, name: string, axis: number): TensorSpec {
  const spec = specs.find((one) => one.name === name);
  const size = spec?.shape[axis];
  if (spec !== undefined && size === -1) return spec;
  const got = spec === undefined ? 'none of that name' : `shape [${spec.shape.join(', ')}]`;
  throw new BrinkError(
    'invalid-manifest',
    `expected an ${kind} ${name} with a dynamic axis ${axis} to pad, got ${got}`,
  );
}
