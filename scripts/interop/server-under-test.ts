import { doubleModel, echoModel } from '../../test/harness/onnx.js';
import { originKey, type Stack } from '../../test/harness/stack.js';

/** What the checks are told. */
export interface InteropSettings {
  readonly originUrl: string;
  readonly edgeUrl: string;
  /** `host:port`. */
  readonly grpcUrl: string;
  readonly key: string;
}

/** The models that the checks ask: one that hands back every datatype, one that doubles. */
export async function publishModels(stack: Stack): Promise<void> {
  await stack.releaseTest('echo', echoModel());
  await stack.releaseTest('double', doubleModel());
}

export function settingsOf(stack: Stack, grpcUrl: string): InteropSettings {
  return { originUrl: stack.originUrl, edgeUrl: stack.edge.url.replace(/\/$/, ''), grpcUrl, key: originKey };
}
