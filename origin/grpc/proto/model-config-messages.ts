import { enumeration, message } from './message.js';

/** `ModelConfig` with the fields that we fill; unknown ones are nobody's concern in protobuf. */
export const modelConfigMessages = {
  DataType: enumeration(
    'TYPE_INVALID', 'TYPE_BOOL', 'TYPE_UINT8', 'TYPE_UINT16', 'TYPE_UINT32', 'TYPE_UINT64', 'TYPE_INT8', 'TYPE_INT16',
    'TYPE_INT32', 'TYPE_INT64', 'TYPE_FP16', 'TYPE_FP32', 'TYPE_FP64', 'TYPE_STRING', 'TYPE_BF16',
  ), // prettier-ignore
  ModelInput: message({ name: [1, 'string'], data_type: [2, 'DataType'], dims: [4, 'repeated int64'] }),
  ModelOutput: message({
    name: [1, 'string'],
    data_type: [2, 'DataType'],
    dims: [3, 'repeated int64'],
    label_filename: [4, 'string'],
  }),
  ModelInstanceGroup: message(
    { name: [1, 'string'], count: [2, 'int32'], gpus: [3, 'repeated int32'], kind: [4, 'Kind'] },
    { nested: { Kind: enumeration('KIND_AUTO', 'KIND_GPU', 'KIND_CPU', 'KIND_MODEL') } },
  ),
  ModelDynamicBatching: message({
    preferred_batch_size: [1, 'repeated int32'],
    max_queue_delay_microseconds: [2, 'uint64'],
    preserve_ordering: [3, 'bool'],
    priority_levels: [4, 'uint64'],
    default_priority_level: [5, 'uint64'],
  }),
  ModelParameter: message({ string_value: [1, 'string'] }),
  ModelResponseCache: message({ enable: [1, 'bool'] }),
  ModelTransactionPolicy: message({ decoupled: [1, 'bool'] }),
  ModelConfig: message({
    name: [1, 'string'],
    platform: [2, 'string'],
    max_batch_size: [4, 'int32'],
    input: [5, 'repeated ModelInput'],
    output: [6, 'repeated ModelOutput'],
    instance_group: [7, 'repeated ModelInstanceGroup'],
    default_model_filename: [8, 'string'],
    dynamic_batching: [11, 'ModelDynamicBatching'],
    parameters: [14, 'map string ModelParameter'],
    backend: [17, 'string'],
    model_transaction_policy: [19, 'ModelTransactionPolicy'],
    response_cache: [24, 'ModelResponseCache'],
  }),
};
