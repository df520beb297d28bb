import type { Signature, TensorSpec } from '../../shared/protocol/tensor.js';
import { PublishError } from './publish-error.js';

/** A declared signature against the graph's own: same names and datatypes; an axis may only narrow a dynamic one. */
export function checkSignature(graph: string, declared: Signature, read: Signature): void {
  checkTensors(`input of graph "${graph}"`, declared.inputs, read.inputs);
  checkTensors(`output of graph "${graph}"`, declared.outputs, read.outputs);
}

function checkTensors(what: string, declared: readonly TensorSpec[], read: readonly TensorSpec[]): void {
  const names = (specs: readonly TensorSpec[]) => specs.map(({ name }) => name).sort().join(', '); // prettier-ignore
  if (names(declared) !== names(read)) throw mismatch(what, names(declared), names(read));
  for (const spec of declared) {
    const own = read.find(({ name }) => name === spec.name);
    if (own === undefined || !fits(spec, own)) throw mismatch(what, printed(spec), own ? printed(own) : 'none');
  }
}

const fits = (declared: TensorSpec, own: TensorSpec): boolean =>
  declared.datatype === own.datatype &&
  declared.shape.length === own.shape.length &&
  declared.shape.every((size, axis) => size === own.shape[axis] || own.shape[axis] === -1);

export const printed = ({ name, datatype, shape }: TensorSpec): string => `${name} ${datatype} [${shape.join(', ')}]`;

const mismatch = (what: string, declared: string, read: string): PublishError =>
  new PublishError('signature-mismatch', `${what}: the definition declares ${declared}, the graph has ${read}`);
