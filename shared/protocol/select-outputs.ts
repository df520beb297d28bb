import type { InferRequest } from './infer.js';
import type { Tensor } from './tensor.js';

/** The outputs that a request asks for, in its order; all of them, in theirs, when it names none. */
export function selectOutputs(request: InferRequest, outputs: readonly Tensor[]): readonly Tensor[] {
  if (request.outputs === undefined) return outputs;
  const byName = new Map(outputs.map((output) => [output.name, output]));
  return request.outputs.map(({ name }) => {
    const output = byName.get(name);
    if (output === undefined) throw new Error('an engine left out an output of its signature');
    return output;
  });
}
