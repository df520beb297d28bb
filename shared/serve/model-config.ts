import type { Described, ServingExtensions } from '../http/data-tier.js';
import type { DynamicBatching, ModelConfig, ModelConfigTensor } from '../protocol/model-config.js';
import type { TensorSpec } from '../protocol/tensor.js';
import { batchMaxDefault, hasBatchAxis } from './batch-axis.js';
import { tensorsOf } from './metadata.js';
import { signatureOf } from './run-call.js';

/** The configuration of a version, as far as its manifest and the tier that runs it tell. */
export function modelConfigOf(described: Described, serving: ServingExtensions | undefined): ModelConfig {
  const { manifest } = described.target;
  const { inputs, outputs } = tensorsOf(described.target);
  const batching = serving?.batching?.(described);
  const isRefuted = serving?.batching !== undefined && batching === undefined;
  const batchMax = isRefuted ? 0 : batchMaxOf(described, batching?.maxBatch);
  const tensor = (spec: TensorSpec): ModelConfigTensor => tensorOf(spec, batchMax > 0);
  return {
    name: manifest.model,
    platform: 'onnxruntime_onnx',
    backend: 'onnxruntime',
    max_batch_size: batchMax,
    input: inputs.map(tensor),
    output: outputs.map(tensor),
    instance_group: serving?.instanceGroups(described) ?? [],
    ...(batching === undefined || batchMax < 2 ? {} : { dynamic_batching: dynamicBatching(batching) }),
  };
}

/** 0 where no request is a batch; a version that forbids batching still takes one from its caller, of any size. */
function batchMaxOf({ target }: Described, tierMax = batchMaxDefault): number {
  const { inferGraph, batching } = target.manifest;
  if (inferGraph === null || batching?.maxBatch === 1 || !hasBatchAxis(signatureOf(target))) return 0;
  return Math.min(batching?.maxBatch ?? tierMax, tierMax);
}

function tensorOf({ name, datatype, shape }: TensorSpec, isBatched: boolean): ModelConfigTensor {
  return {
    name,
    data_type: datatype === 'BYTES' ? 'TYPE_STRING' : `TYPE_${datatype}`,
    dims: isBatched ? shape.slice(1) : shape,
  };
}

function dynamicBatching({ maxQueueDelayMs, priorityLevels }: NonNullable<Batching>): DynamicBatching {
  return {
    preferred_batch_size: [],
    max_queue_delay_microseconds: Math.round(maxQueueDelayMs * 1_000),
    priority_levels: priorityLevels,
    default_priority_level: priorityLevels, // priority 0 means the last
  };
}

type Batching = ReturnType<NonNullable<ServingExtensions['batching']>>;
