import { checkGraph } from './graph/check-graph.js';
import type { OnnxModel } from './graph/onnx-model.js';
import { PublishError } from './publish-error.js';
import type { GraphBytes } from './throw-away-runner.js';

/** The gate, before anything else reads a graph. Throws PublishError `refused-graph`, which names the graph. */
export function passGate(name: string, { file, model, externalData }: GraphBytes): OnnxModel {
  const files = Object.entries(externalData).map(([path, { byteLength }]) => [path, byteLength] as const);
  try {
    return checkGraph(model, new Map(files));
  } catch (error) {
    if (!(error instanceof PublishError)) throw error;
    throw new PublishError(error.code, `graph "${name}" (${file}) is refused: ${error.message}`, { cause: error });
  }
}
