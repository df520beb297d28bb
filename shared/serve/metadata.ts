import type { DataTier, Described } from '../http/data-tier.js';
import type { TensorSpec } from '../protocol/tensor.js';
import { signatureOf } from './run-call.js';

export const serverName = 'brink';
export const serverVersion = '0.1.0';

export interface ServerMetadata {
  readonly name: string;
  readonly version: string;
  readonly extensions: readonly string[];
}

export interface ModelMetadata {
  readonly name: string;
  readonly versions: readonly string[];
  readonly platform: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

const extensionsEverywhere = ['binary_tensor_data', 'classification', 'model_configuration', 'parameters'];
const extensionsOfServing = ['model_repository', 'schedule_policy', 'statistics'];

/** What the server is, and the names of the protocol's extensions that work on this tier. */
export function serverMetadataOf({ serving }: Pick<DataTier, 'serving'>): ServerMetadata {
  const extensions = serving === undefined ? extensionsEverywhere : [...extensionsEverywhere, ...extensionsOfServing];
  return { name: serverName, version: serverVersion, extensions };
}

/** What a model takes and gives, by the version that is meant. A model reached through its handler alone has no tensors. */
export function modelMetadataOf({ target, release }: Described): ModelMetadata {
  const { inputs, outputs } = tensorsOf(target);
  return {
    name: target.manifest.model,
    versions: release.versions.filter((ref) => !release.fenced.includes(ref.digest)).map(({ version }) => version),
    platform: 'onnx_onnxv1',
    inputs,
    outputs,
  };
}

/** As `signatureOf`, with no tensors for a model that takes none. */
export function tensorsOf(target: Described['target']): {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
} {
  return target.manifest.inferGraph === null ? { inputs: [], outputs: [] } : signatureOf(target);
}
