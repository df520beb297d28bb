import { fromOrtTensor, toOrtTensor } from '../../shared/engine/ort-tensor.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { OrtRuntime, OrtSession } from './ort-runtime.js';

/** Runs a session on named inputs and answers all its outputs. Errors: those of `OrtRuntime.run` and `toOrtTensor`. */
export async function runSession(
  runtime: Pick<OrtRuntime, 'start' | 'run'>,
  session: OrtSession,
  inputs: readonly Tensor[],
  deadline: Deadline,
): Promise<Tensor[]> {
  const { Tensor: OrtTensor } = await runtime.start();
  const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(input, OrtTensor)]));
  const results = await runtime.run(session, feeds, deadline);
  return session.outputNames.map((name) => {
    const result = results[name];
    if (result === undefined) throw new Error(`the run did not give output ${name}`);
    return fromOrtTensor(name, result);
  });
}
