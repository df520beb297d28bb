import type { Operation } from '../../shared/auth/operations.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Described } from '../../shared/http/data-tier.js';
import { checkName } from '../../shared/protocol/names.js';
import { modelMetadataOf, serverMetadataOf } from '../../shared/serve/metadata.js';
import { modelConfigOf } from '../../shared/serve/model-config.js';
import { checkRepositoryParameters, repositoryIndex, servingOf } from '../../shared/serve/repository.js';
import type { CallScope } from './call-scope.js';
import { inferenceService, type UnaryMethod } from './proto/inference-service.js';

/** A method that is answered from what is known, without a run: from a decoded message to one that is encoded. */
export interface ServingMethod {
  readonly operation: Operation;
  answer(request: Message, scope: CallScope): object | Promise<object>;
}

/** A message as proto-loader gives it, every field at least at its default. */
type Message = Readonly<Record<string, unknown>>;

export const servingMethods: Readonly<Record<Exclude<UnaryMethod, 'ModelInfer'>, ServingMethod>> = {
  ServerLive: { operation: 'server-live', answer: () => ({ live: true }) },
  ServerReady: {
    operation: 'server-ready',
    answer: async (_, { parts }) => ({ ready: await parts.tier.ready() }),
  },
  ServerMetadata: { operation: 'server-metadata', answer: (_, { parts }) => serverMetadataOf(parts.tier) },
  ModelReady: { operation: 'model-ready', answer: modelReady },
  ModelMetadata: {
    operation: 'model-metadata',
    answer: async (request, scope) => modelMetadataOf(await describe(request, scope)),
  },
  ModelConfig: {
    operation: 'model-config',
    answer: async (request, scope) => ({
      config: modelConfigOf(await describe(request, scope), scope.parts.tier.serving),
    }),
  },
  ModelStatistics: { operation: 'model-statistics', answer: statistics },
  RepositoryIndex: {
    operation: 'repository-index',
    answer: async ({ ready }, { parts }) => ({ models: await repositoryIndex(servingOf(parts.tier), ready === true) }),
  },
  RepositoryModelLoad: {
    operation: 'repository-load',
    answer: (request, scope) => changeRepository('load', request, scope),
  },
  RepositoryModelUnload: {
    operation: 'repository-unload',
    answer: (request, scope) => changeRepository('unload', request, scope),
  },
};

/** The bytes of an answer. Throws `malformed-binary` for bytes that are no message of the method. */
export async function answerServing(
  method: keyof typeof servingMethods,
  bytes: Buffer,
  scope: CallScope,
): Promise<Buffer> {
  const definition = inferenceService[method];
  if (definition === undefined) throw new Error(`the service has no method ${method}`);
  const answer = await servingMethods[method].answer(decoded(definition.requestDeserialize, bytes, method), scope);
  return definition.responseSerialize(answer);
}

function decoded(deserialize: (bytes: Buffer) => object, bytes: Buffer, method: string): Message {
  try {
    return deserialize(bytes) as Message;
  } catch {
    // protobufjs's words are about its own innards
    throw new BrinkError(
      'malformed-binary',
      `expected a message of ${method} in protobuf, got ${bytes.length} bytes that are none`,
    );
  }
}

async function describe(request: Message, scope: CallScope): Promise<Described> {
  const { tier, limitsOf } = scope.parts;
  const model = checkName('model', String(request['name']));
  scope.model = model;
  const version = request['version'] === '' ? undefined : checkName('version', String(request['version']));
  const described = await tier.describe(model, version, scope.deadline(limitsOf(model)).deadline);
  const { target, release } = described;
  scope.report.ref = { version: target.version, digest: target.digest };
  scope.report.epoch = release.epoch;
  return described;
}

/** A model that does not exist is not ready; over REST that is a status, which clients read the same way. */
async function modelReady(request: Message, scope: CallScope): Promise<object> {
  try {
    return { ready: await scope.parts.tier.modelReady(await describe(request, scope)) };
  } catch (error) {
    if (error instanceof BrinkError && error.status === 404) return { ready: false };
    throw error;
  }
}

async function statistics(request: Message, scope: CallScope): Promise<object> {
  const serving = servingOf(scope.parts.tier);
  if (request['name'] === '') return { model_stats: await serving.statistics() };
  const { target } = await describe(request, scope); // an unknown one is NOT_FOUND, not an empty list
  const version = request['version'] === '' ? undefined : target.version;
  return { model_stats: await serving.statistics(scope.model, version) };
}

async function changeRepository(action: 'load' | 'unload', request: Message, scope: CallScope): Promise<object> {
  const { tier, limitsOf } = scope.parts;
  const serving = servingOf(tier);
  const model = checkName('model', String(request['model_name']));
  scope.model = model;
  checkRepositoryParameters(action, plainParameters(request['parameters'] as Parameters));
  await serving[action](model, scope.deadline(limitsOf(model)).deadline);
  return {};
}

type Parameters = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** `ModelRepositoryParameter`s as their values; `parameter_choice` says which of their fields is set. */
function plainParameters(parameters: Parameters): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(parameters).map(([key, value]) => [key, value[String(value['parameter_choice'])]]),
  );
}
