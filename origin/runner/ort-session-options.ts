import type { InferenceSession } from 'onnxruntime-node';
import type { Provider, SessionOptions } from './session-options.js';

/**
 * Those that onnxruntime-node gives a device. Of `cuda` and `tensorrt` it reads that and nothing else; `webgpu` takes
 * options of its own, no device, and refuses what it does not know (js/node/src/session_options_helper.cc).
 */
const placedProviders: readonly string[] = ['cuda', 'tensorrt', 'dml'];

/**
 * Keys of onnxruntime's session configuration (`session.intra_op.allow_spinning`), joined with dots on the way. They
 * arrive: in 1.29, with 2 threads and a 2 ms run every 17 ms, the process takes 0.4 of a core with and 0.1 without.
 */
const noSpinning = { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } };

/** Our options as onnxruntime-node takes them. */
export function ortSessionOptions(options: SessionOptions): InferenceSession.SessionOptions {
  const { threads, providers, deviceId, spinning } = options;
  return {
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionProviders: providers.map((provider) => ortProvider(provider, deviceId)),
    ...(spinning ? {} : { extra: noSpinning }),
  };
}

function ortProvider(
  { name, options }: Provider,
  deviceId: number | undefined,
): InferenceSession.ExecutionProviderOption {
  const device = deviceId !== undefined && placedProviders.includes(name) ? { deviceId } : {};
  return { name, ...device, ...options };
}
