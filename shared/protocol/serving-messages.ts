/**
 * Messages of Triton's extensions `statistics`, `model_repository` and `model_configuration`, with the protocol's own
 * field names. REST writes them as they are, gRPC by the same names.
 */
export interface StatisticDuration {
  readonly count: number;
  readonly ns: number;
}

export interface InferStatistics {
  readonly success: StatisticDuration;
  readonly fail: StatisticDuration;
  readonly queue: StatisticDuration;
  readonly compute_input: StatisticDuration;
  readonly compute_infer: StatisticDuration;
  readonly compute_output: StatisticDuration;
  readonly cache_hit: StatisticDuration;
  readonly cache_miss: StatisticDuration;
}

export interface InferBatchStatistics {
  readonly batch_size: number;
  readonly compute_input: StatisticDuration;
  readonly compute_infer: StatisticDuration;
  readonly compute_output: StatisticDuration;
}

export interface MemoryUsage {
  readonly type: string;
  readonly id: number;
  readonly byte_size: number;
}

export interface ModelStatistics {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the Unix epoch; 0 before the first. */
  readonly last_inference: number;
  /** Items: a batch of 64 adds 64. */
  readonly inference_count: number;
  /** Runs: a batch of 64 adds 1. */
  readonly execution_count: number;
  readonly inference_stats: InferStatistics;
  readonly batch_stats: readonly InferBatchStatistics[];
  readonly memory_usage: readonly MemoryUsage[];
  readonly response_stats: Readonly<Record<string, never>>;
}

export interface IndexEntry {
  readonly name: string;
  readonly version?: string;
  readonly state: 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING';
  readonly reason: string;
}

/** `ModelInstanceGroup` of `model_config.proto`. */
export interface InstanceGroup {
  readonly name: string;
  readonly kind: 'KIND_CPU' | 'KIND_GPU';
  readonly count: number;
  readonly gpus: readonly number[];
}
