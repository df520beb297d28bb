import { message } from './message.js';

const duration = 'StatisticDuration';

/** The messages of all methods but inference: health, metadata, statistics, the model repository. */
export const servingMessages = {
  ServerLiveRequest: message({}),
  ServerLiveResponse: message({ live: [1, 'bool'] }),
  ServerReadyRequest: message({}),
  ServerReadyResponse: message({ ready: [1, 'bool'] }),
  ModelReadyRequest: message({ name: [1, 'string'], version: [2, 'string'] }),
  ModelReadyResponse: message({ ready: [1, 'bool'] }),
  ServerMetadataRequest: message({}),
  ServerMetadataResponse: message({ name: [1, 'string'], version: [2, 'string'], extensions: [3, 'repeated string'] }),
  ModelMetadataRequest: message({ name: [1, 'string'], version: [2, 'string'] }),
  ModelMetadataResponse: message(
    {
      name: [1, 'string'],
      versions: [2, 'repeated string'],
      platform: [3, 'string'],
      inputs: [4, 'repeated TensorMetadata'],
      outputs: [5, 'repeated TensorMetadata'],
    },
    {
      nested: {
        TensorMetadata: message({ name: [1, 'string'], datatype: [2, 'string'], shape: [3, 'repeated int64'] }),
      },
    },
  ),
  ModelConfigRequest: message({ name: [1, 'string'], version: [2, 'string'] }),
  ModelConfigResponse: message({ config: [1, 'ModelConfig'] }),
  ModelStatisticsRequest: message({ name: [1, 'string'], version: [2, 'string'] }),
  ModelStatisticsResponse: message({ model_stats: [1, 'repeated ModelStatistics'] }),
  StatisticDuration: message({ count: [1, 'uint64'], ns: [2, 'uint64'] }),
  InferStatistics: message({
    success: [1, duration],
    fail: [2, duration],
    queue: [3, duration],
    compute_input: [4, duration],
    compute_infer: [5, duration],
    compute_output: [6, duration],
    cache_hit: [7, duration],
    cache_miss: [8, duration],
  }),
  InferResponseStatistics: message({
    compute_infer: [1, duration],
    compute_output: [2, duration],
    success: [3, duration],
    fail: [4, duration],
    empty_response: [5, duration],
    cancel: [6, duration],
  }),
  InferBatchStatistics: message({
    batch_size: [1, 'uint64'],
    compute_input: [2, duration],
    compute_infer: [3, duration],
    compute_output: [4, duration],
  }),
  MemoryUsage: message({ type: [1, 'string'], id: [2, 'int64'], byte_size: [3, 'uint64'] }),
  ModelStatistics: message({
    name: [1, 'string'],
    version: [2, 'string'],
    last_inference: [3, 'uint64'],
    inference_count: [4, 'uint64'],
    execution_count: [5, 'uint64'],
    inference_stats: [6, 'InferStatistics'],
    batch_stats: [7, 'repeated InferBatchStatistics'],
    memory_usage: [8, 'repeated MemoryUsage'],
    response_stats: [9, 'map string InferResponseStatistics'],
  }),
  ModelRepositoryParameter: message(
    { bool_param: [1, 'bool'], int64_param: [2, 'int64'], string_param: [3, 'string'], bytes_param: [4, 'bytes'] },
    { oneofs: { parameter_choice: ['bool_param', 'int64_param', 'string_param', 'bytes_param'] } },
  ),
  RepositoryIndexRequest: message({ repository_name: [1, 'string'], ready: [2, 'bool'] }),
  RepositoryIndexResponse: message(
    { models: [1, 'repeated ModelIndex'] },
    {
      nested: {
        ModelIndex: message({
          name: [1, 'string'],
          version: [2, 'string'],
          state: [3, 'string'],
          reason: [4, 'string'],
        }),
      },
    },
  ),
  RepositoryModelLoadRequest: message({
    repository_name: [1, 'string'],
    model_name: [2, 'string'],
    parameters: [3, 'map string ModelRepositoryParameter'],
  }),
  RepositoryModelLoadResponse: message({}),
  RepositoryModelUnloadRequest: message({
    repository_name: [1, 'string'],
    model_name: [2, 'string'],
    parameters: [3, 'map string ModelRepositoryParameter'],
  }),
  RepositoryModelUnloadResponse: message({}),
};
