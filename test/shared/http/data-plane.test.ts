import { Hono } from 'hono';
import { beforeEach, describe, expect, it } from 'vitest';
import { Keys } from '../../../shared/auth/keys.js';
import { type Operation, operations } from '../../../shared/auth/operations.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { type KeyRings, operationGuard } from '../../../shared/http/authentication.js';
import { type AppEnv, DataPlane } from '../../../shared/http/data-plane.js';
import type { DataTier, Described, ServingExtensions } from '../../../shared/http/data-tier.js';
import { onError, requestScope } from '../../../shared/http/request-scope.js';
import { registerOperations, unknownRoute } from '../../../shared/http/routing.js';
import { repositoryBodyBytesMax } from '../../../shared/http/serving-routes.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { IndexEntry, ModelStatistics } from '../../../shared/protocol/serving-messages.js';
import type { Answer, Call } from '../../../shared/serve/call.js';
import { tokens } from '../../conformance/verdicts.js';
import { doubleModel } from '../../harness/onnx.js';
import { seededRandom } from '../../harness/random.js';
import { makeVersion } from '../../harness/versions.js';

const rings: KeyRings = {
  inference: Keys.parse('i', `app=${tokens.inference ?? ''}`),
  read: Keys.parse('r', `dash=${tokens.read ?? ''}`),
  admin: Keys.parse('a', `ops=${tokens.admin ?? ''}`),
  artifacts: Keys.parse('x', undefined),
};
const index: IndexEntry[] = [
  { name: 'double', version: 'v1', state: 'READY', reason: '' },
  { name: 'other', version: 'v1', state: 'UNAVAILABLE', reason: 'unloaded' },
];
const { target } = await makeVersion({ main: doubleModel() }, { model: 'double' });
const described: Described = {
  target,
  release: {
    epoch: 7,
    versions: [{ version: 'v1', digest: target.digest }],
    fenced: [],
  } as unknown as Described['release'],
};

let calls: Call[];
let asked: unknown[][];

const serving: ServingExtensions = {
  instanceGroups: () => [],
  statistics: (...about) => {
    asked.push(['statistics', ...about]);
    return Promise.resolve([{ name: 'double' } as unknown as ModelStatistics]);
  },
  index: () => Promise.resolve(index),
  load: (model, deadline) => {
    asked.push(['load', model, deadline.budgetMs]);
    return Promise.resolve();
  },
  unload: (model) => {
    asked.push(['unload', model]);
    return Promise.reject(new BrinkError('not-supported', 'loading and unloading are off'));
  },
};

const bare: DataTier = {
  name: 'edge',
  answer: (call) => {
    calls.push(call);
    const body = {
      contentType: 'application/json',
      inferenceHeaderLength: undefined,
      bytes: new TextEncoder().encode('{}'),
    };
    return Promise.resolve({ body, ref: target, epoch: 7, servedBy: 'edge', attempts: [] } satisfies Answer);
  },
  describe: (model) =>
    model === 'double' ? Promise.resolve(described) : Promise.reject(new BrinkError('unknown-model', 'no such model')),
  modelReady: () => Promise.resolve(true),
  ready: () => Promise.resolve(true),
};

beforeEach(() => {
  calls = [];
  asked = [];
});

function appOf(tier: DataTier): { app: Hono<AppEnv>; plane: DataPlane } {
  const app = new Hono<AppEnv>();
  const plane = new DataPlane({
    clock: { now: () => 0 },
    handlers: new Map(),
    limitsOf: (_, model) => ({ ...defaultLimits, bodyBytesMax: model === 'double' ? 100 : 10 }),
    clientOf: () => 'client',
    tierOf: () => tier,
  });
  app.use(requestScope({ tier: tier.name, clock: { now: () => 0 }, random: seededRandom(1), log: () => undefined }));
  app.onError(onError(() => undefined));
  app.notFound(unknownRoute);
  registerOperations(app, plane.routes(), (operation) => operationGuard(operation, () => rings));
  return { app, plane };
}

const { app, plane } = appOf({ ...bare, name: 'origin', serving });
const { app: edge } = appOf(bare);

interface Ask {
  readonly token?: string | undefined;
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}

async function ask(path: string, { token = tokens.admin, method, body, headers = {} }: Ask = {}, to = app) {
  const reply = await to.request(path, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: { ...(token === '' ? {} : { authorization: `Bearer ${token ?? ''}` }), ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const text = await reply.text();
  return {
    status: reply.status,
    headers: reply.headers,
    json: text === '' ? undefined : (JSON.parse(text) as unknown),
  };
}

describe('every route of the data plane', () => {
  const routes = plane.routes().map(({ method, path, operation }) => [method, path, operation] as const);

  it('is of an operation, and every operation that REST has is of a route', () => {
    const named = new Set<Operation>(routes.map(([, , operation]) => operation));
    expect(Object.keys(operations).filter((one) => !named.has(one as Operation))).toEqual(['metrics']);
  });

  it.each(routes)('%s %s is asked its key by its own operation', async (method, path, operation) => {
    const at = path.replace(':model', 'double').replace(':version', 'v1');
    const reply = await ask(at, { token: '', method });
    expect(reply.status === 401).toBe(operations[operation] !== 'open');
  });

  it('refuses a wish of operators to others', async () => {
    const headers = { 'x-brink-serve-on': 'origin' };
    expect(await ask('/v2', { token: tokens.inference, headers })).toMatchObject({
      status: 403,
      json: { code: 'operators-only' },
    });
    expect((await ask('/v2', { headers })).status).toBe(200);
  });

  it('keeps to its method', async () => {
    const reply = await ask('/v2/models/stats', { method: 'DELETE' });
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await ask('/v2/repository/index')).headers.get('allow')).toBe('POST');
  });
});

describe('statistics', () => {
  it('are of all, of a model, of a version', async () => {
    for (const path of ['/v2/models/stats', '/v2/models/double/stats', '/v2/models/double/versions/v1/stats']) {
      expect(await ask(path)).toMatchObject({ status: 200, json: { model_stats: [{ name: 'double' }] } });
    }
    expect(asked).toEqual([['statistics'], ['statistics', 'double', undefined], ['statistics', 'double', 'v1']]);
  });

  it('of a model that is not there are refused', async () => {
    expect(await ask('/v2/models/nothing/stats')).toMatchObject({ status: 404, json: { code: 'unknown-model' } });
  });
});

describe('the repository', () => {
  it('is listed, whole or what is ready, also without a body', async () => {
    expect((await ask('/v2/repository/index', { method: 'POST' })).json).toEqual(index);
    expect((await ask('/v2/repository/index', { body: '{}' })).json).toEqual(index);
    expect((await ask('/v2/repository/index', { body: '{"ready":true}' })).json).toEqual(index.slice(0, 1));
  });

  it('loads with an empty answer, within the deadline', async () => {
    const headers = { 'x-brink-timeout-ms': '5000' };
    const reply = await ask('/v2/repository/models/double/load', { method: 'POST', headers });
    expect([reply.status, reply.json]).toEqual([200, undefined]);
    expect(asked).toEqual([['load', 'double', 5_000]]);
  });

  it('lets the tier refuse, and takes what the official clients always send', async () => {
    const body = '{"parameters":{"unload_dependents":false}}';
    expect(await ask('/v2/repository/models/double/unload', { body })).toMatchObject({
      status: 501,
      json: { code: 'not-supported' },
    });
    expect(asked).toEqual([['unload', 'double']]);
  });

  it.each([
    ['load', '{"parameters":{"config":"{}"}}', 501, 'not-supported'],
    ['load', '{"parameters":{"file:1/model.onnx":"AA=="}}', 501, 'not-supported'],
    ['load', '{"parameters":{"other":1}}', 400, 'bad-parameter'],
    ['load', '{"parameters":[]}', 400, 'invalid-request'],
    ['load', '{', 400, 'malformed-json'],
    ['unload', '{"parameters":{"unload_dependents":"no"}}', 400, 'bad-parameter'],
    ['unload', ' '.repeat(repositoryBodyBytesMax + 1), 413, 'body-too-large'],
  ])('refuses a %s of %.60s', async (action, body, status, code) => {
    const reply = await ask(`/v2/repository/models/double/${action}`, { body });
    expect(reply).toMatchObject({ status, json: { code } });
    expect(asked).toEqual([]);
  });
});

describe('a tier that keeps no models', () => {
  it.each([
    ['GET', '/v2/models/stats'],
    ['GET', '/v2/models/double/stats'],
    ['POST', '/v2/repository/index'],
    ['POST', '/v2/repository/models/double/load'],
    ['POST', '/v2/repository/models/double/unload'],
  ])('says so on %s %s', async (method, path) => {
    expect(await ask(path, { method }, edge)).toMatchObject({ status: 501, json: { code: 'not-supported' } });
  });

  it('names only the extensions that work on it', async () => {
    const of = async (to: typeof app) => ((await ask('/v2', {}, to)).json as { extensions: string[] }).extensions;
    expect(await of(edge)).toEqual(['binary_tensor_data', 'classification', 'model_configuration', 'parameters']);
    expect(await of(app)).toEqual([...(await of(edge)), 'model_repository', 'schedule_policy', 'statistics']);
  });
});

describe('a model', () => {
  it('has a configuration, by whatever version', async () => {
    for (const path of ['/v2/models/double/config', '/v2/models/double/versions/v1/config']) {
      const reply = await ask(path);
      expect(reply).toMatchObject({
        status: 200,
        json: { name: 'double', backend: 'onnxruntime', max_batch_size: 64 },
      });
      expect([reply.headers.get('x-brink-version'), reply.headers.get('x-brink-epoch')]).toEqual(['v1', '7']);
    }
  });

  it('has limits of its own', async () => {
    expect((await ask('/v2/models/double/infer', { body: ' '.repeat(100) })).status).toBe(200);
    expect((await ask('/v2/models/other/infer', { body: ' '.repeat(11) })).json).toEqual({
      error: 'expected a body of at most 10 bytes, got at least 11 bytes',
      code: 'body-too-large',
    });
  });

  it('is called with the priority and the encodings that the headers say', async () => {
    const headers = { 'x-brink-priority': '2', 'accept-encoding': 'gzip;q=0.5' };
    const reply = await ask('/v1/models/double/predict', { body: 'x', headers });
    expect(calls).toMatchObject([{ kind: 'predict', priority: 2, acceptEncoding: 'gzip;q=0.5' }]);
    expect(calls[0]).not.toHaveProperty('signal');
    expect(reply.headers.get('vary')).toBe('accept-encoding');
  });
});
