import { z } from 'zod';
import type { Operation } from '../auth/operations.js';
import { checkRepositoryParameters, repositoryIndex, servingOf } from '../serve/repository.js';
import type { AppContext, AppEnv } from './app-env.js';
import { bodyOfRequest } from './body-source.js';
import type { DataPlaneOptions } from './data-plane-options.js';
import { deadlineOf, modelNames } from './read-call.js';
import { jsonResponse } from './responses.js';
import type { OperationRoute } from './routing.js';
import { smallJsonBody } from './small-json-body.js';

/** Bodies of the repository's requests: a few flags. */
export const repositoryBodyBytesMax = 64 * 1024;

const indexSchema = z.object({ ready: z.boolean().optional() });
const actionSchema = z.object({ parameters: z.record(z.string().max(256), z.unknown()).optional() });

/** Triton's extensions `statistics` and `model_repository`, on a tier that has `serving`; 501 on others. */
export function servingRoutes<B extends object>(options: DataPlaneOptions<B>): OperationRoute<AppEnv<B>>[] {
  type Ctx = AppContext<B>;
  const statistics = (path: string): OperationRoute<AppEnv<B>> => ({
    method: 'GET',
    path,
    operation: 'model-statistics',
    handler: (c: Ctx) => answerStatistics(c, options),
  });
  const action = (name: 'load' | 'unload', operation: Operation): OperationRoute<AppEnv<B>> => ({
    method: 'POST',
    path: `/v2/repository/models/:model/${name}`,
    operation,
    handler: (c: Ctx) => changeRepository(c, name, options),
  });
  return [
    statistics('/v2/models/stats'),
    statistics('/v2/models/:model/stats'),
    statistics('/v2/models/:model/versions/:version/stats'),
    {
      method: 'POST',
      path: '/v2/repository/index',
      operation: 'repository-index',
      handler: (c: Ctx) => answerIndex(c, options),
    },
    action('load', 'repository-load'),
    action('unload', 'repository-unload'),
  ];
}

async function answerStatistics<B extends object>(
  context: AppContext<B>,
  options: DataPlaneOptions<B>,
): Promise<Response> {
  const tier = options.tierOf(context);
  const serving = servingOf(tier);
  if (context.req.param('model') === undefined) return jsonResponse({ model_stats: await serving.statistics() });
  const { model, version } = modelNames(context);
  await tier.describe(model, version, deadlineOf(context, options)); // an unknown one is 404, not an empty list
  return jsonResponse({ model_stats: await serving.statistics(model, version) });
}

async function answerIndex<B extends object>(context: AppContext<B>, options: DataPlaneOptions<B>): Promise<Response> {
  const serving = servingOf(options.tierOf(context));
  const { ready = false } = await repositoryBody(context, indexSchema, options);
  return jsonResponse(await repositoryIndex(serving, ready));
}

async function changeRepository<B extends object>(
  context: AppContext<B>,
  action: 'load' | 'unload',
  options: DataPlaneOptions<B>,
): Promise<Response> {
  const serving = servingOf(options.tierOf(context));
  const { model } = modelNames(context);
  const { parameters } = await repositoryBody(context, actionSchema, options);
  checkRepositoryParameters(action, parameters);
  await serving[action](model, deadlineOf(context, options));
  return new Response(null, { headers: { 'cache-control': 'no-store' } });
}

/** The protocol lets clients send no body at all. */
function repositoryBody<B extends object, S extends z.ZodType>(
  context: AppContext<B>,
  schema: S,
  options: DataPlaneOptions<B>,
): Promise<z.output<S>> {
  const source = options.bodyOf?.(context) ?? bodyOfRequest(context.req.raw);
  const deadline = deadlineOf(context, options);
  return smallJsonBody(source, schema, { bytesMax: repositoryBodyBytesMax, deadline, whenEmpty: {} });
}
