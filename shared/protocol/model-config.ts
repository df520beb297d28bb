import type { InstanceGroup } from './serving-messages.js';

/**
 * A model's configuration: the fields of `ModelConfig` in Triton's `model_config.proto` that have a meaning here, by its
 * names. REST writes it as it is, gRPC by the same names.
 */
export interface ModelConfig {
  readonly name: string;
  readonly platform: 'onnxruntime_onnx';
  readonly backend: 'onnxruntime';
  /** Above 0: axis 0 of every tensor is the batch, and `dims` are without it. 0: `dims` are whole. */
  readonly max_batch_size: number;
  readonly input: readonly ModelConfigTensor[];
  readonly output: readonly ModelConfigTensor[];
  readonly instance_group: readonly InstanceGroup[];
  /** Only where requests are put together to batches. */
  readonly dynamic_batching?: DynamicBatching;
}

export interface ModelConfigTensor {
  readonly name: string;
  /** `TYPE_FP32` and so on; BYTES is `TYPE_STRING`. */
  readonly data_type: `TYPE_${string}`;
  readonly dims: readonly number[];
}

/** `ModelDynamicBatching`. */
export interface DynamicBatching {
  readonly preferred_batch_size: readonly number[];
  readonly max_queue_delay_microseconds: number;
  readonly priority_levels: number;
  readonly default_priority_level: number;
}
