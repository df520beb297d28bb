import { fromJSON, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader';
import { inferMessages } from './infer-messages.js';
import { type Namespace, rpc } from './message.js';
import { modelConfigMessages } from './model-config-messages.js';
import { servingMessages } from './serving-messages.js';

export const serviceName = 'inference.GRPCInferenceService';

/** The methods that answer one message with one. */
export const unaryMethods = {
  ServerLive: rpc('ServerLiveRequest', 'ServerLiveResponse'),
  ServerReady: rpc('ServerReadyRequest', 'ServerReadyResponse'),
  ModelReady: rpc('ModelReadyRequest', 'ModelReadyResponse'),
  ServerMetadata: rpc('ServerMetadataRequest', 'ServerMetadataResponse'),
  ModelMetadata: rpc('ModelMetadataRequest', 'ModelMetadataResponse'),
  ModelInfer: rpc('ModelInferRequest', 'ModelInferResponse'),
  ModelConfig: rpc('ModelConfigRequest', 'ModelConfigResponse'),
  ModelStatistics: rpc('ModelStatisticsRequest', 'ModelStatisticsResponse'),
  RepositoryIndex: rpc('RepositoryIndexRequest', 'RepositoryIndexResponse'),
  RepositoryModelLoad: rpc('RepositoryModelLoadRequest', 'RepositoryModelLoadResponse'),
  RepositoryModelUnload: rpc('RepositoryModelUnloadRequest', 'RepositoryModelUnloadResponse'),
} as const;

export type UnaryMethod = keyof typeof unaryMethods;

const stream = { ...rpc('ModelInferRequest', 'ModelStreamInferResponse'), requestStream: true, responseStream: true };

/**
 * The package `inference` (Open Inference Protocol V2 with Triton's extensions), written from the protocol's names and
 * numbers. In code and not in a .proto file, so that a bundle needs none at run time; who wants one asks reflection.
 */
const root: Namespace = {
  nested: {
    inference: {
      nested: {
        ...inferMessages,
        ...modelConfigMessages,
        ...servingMessages,
        GRPCInferenceService: { methods: { ...unaryMethods, ModelStreamInfer: stream } },
      },
    },
  },
};

/** Field names as they stand in the protocol; 64-bit integers as numbers (of ours, none is beyond 2^53). */
export const inferencePackage: PackageDefinition = fromJSON(root, {
  keepCase: true,
  longs: Number,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** The methods with protobufjs's readers and writers. */
export const inferenceService = inferencePackage[serviceName] as ServiceDefinition;
