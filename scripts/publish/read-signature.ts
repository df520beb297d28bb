import type { Signature } from '../../shared/protocol/tensor.js';
import { type FirstRun, firstRun } from './first-run.js';
import { type GraphBytes, type InspectOptions, throwAwayRunner } from './throw-away-runner.js';

export interface ReadGraph {
  readonly signature: Signature;
  /** Undefined when it refuses the inputs that were made for it. */
  readonly run: FirstRun | undefined;
}

/** What a graph takes and gives, asked of onnxruntime in a process that is thrown away, where it is also run once. */
export function readSignature(name: string, graph: GraphBytes, options: InspectOptions = {}): Promise<ReadGraph> {
  return throwAwayRunner(name, graph, options, async (loaded) => {
    return { signature: loaded.signature, run: await firstRun(name, loaded) };
  });
}
