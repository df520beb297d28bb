import type { Signature } from '../../shared/protocol/tensor.js';
import { firstRun } from './first-run.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from './throw-away-runner.js';

/** What a graph takes and gives, asked of onnxruntime in a process that is thrown away, where it is also run once. */
export function readSignature(name: string, graph: GraphBytes, options: InspectOptions = {}): Promise<Signature> {
  return throwAwayRunner(name, graph, options, async ({ runner, signature, deadline }) => {
    await firstRun(runner, name, signature, deadline);
    return signature;
  });
}
