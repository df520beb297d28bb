import type { InferenceSession } from 'onnxruntime-node';
import type { Provider, SessionOptions } from './session-options.js';

/** Those that take a `deviceId`. */
const gpuProviders: readonly string[] = ['cuda', 'tensorrt', 'webgpu'];

/** Our options as onnxruntime-node takes them. */
export function ortSessionOptions(options: SessionOptions): InferenceSession.SessionOptions {
  const { threads, providers, deviceId, spinning } = options;
  return {
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionProviders: providers.map((provider) => ortProvider(provider, deviceId)),
    ...(spinning ? {} : { extra: { session: { intra_op: noSpinning, inter_op: noSpinning } } }),
  };
}

/** Keys of onnxruntime's session configuration: `session.intra_op.allow_spinning`, joined with dots on the way. */
const noSpinning = { allow_spinning: '0' };

function ortProvider(
  { name, options }: Provider,
  deviceId: number | undefined,
): InferenceSession.ExecutionProviderOption {
  const device = deviceId !== undefined && gpuProviders.includes(name) ? { deviceId } : {};
  return { name, ...device, ...options };
}
