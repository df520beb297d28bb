import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type UnaryMethod, unaryMethods } from '../../origin/grpc/proto/inference-service.js';
import { Keys } from '../../shared/auth/keys.js';
import type { Operation } from '../../shared/auth/operations.js';
import { type GrpcFixture, startGrpc, tierOf } from '../origin/grpc/grpc-fixture.js';
import type { Message } from '../origin/grpc/grpc-client.js';
import { fakeServing } from '../origin/grpc/fake-serving.js';
import { type Channel, tokens, verdictCases, verdictOfCode } from './verdicts.js';

let fixture: GrpcFixture;
beforeAll(async () => {
  const ring = (name: keyof typeof tokens): Keys => Keys.parse('test', `${name}=${tokens[name] ?? ''}`);
  const rings = {
    inference: ring('inference'),
    read: ring('read'),
    admin: ring('admin'),
    artifacts: Keys.parse('test', undefined),
  };
  fixture = await startGrpc({ rings: () => rings, tier: { ...(await tierOf()), serving: fakeServing() } });
});
afterAll(() => fixture.close());

const ofModel = { name: 'test' };
/** Every way to ask for an operation with one message. */
const requests: Readonly<Partial<Record<Operation, readonly (readonly [method: UnaryMethod, request: Message])[]>>> = {
  'server-live': [['ServerLive', {}]],
  'server-ready': [['ServerReady', {}]],
  'server-metadata': [['ServerMetadata', {}]],
  'model-metadata': [['ModelMetadata', ofModel], ['ModelMetadata', { ...ofModel, version: 'v1' }]], // prettier-ignore
  'model-ready': [['ModelReady', ofModel]],
  'model-config': [['ModelConfig', ofModel]],
  'model-statistics': [['ModelStatistics', {}], ['ModelStatistics', ofModel]], // prettier-ignore
  'repository-index': [['RepositoryIndex', {}]],
  infer: [['ModelInfer', { model_name: 'test' }]],
  'repository-load': [['RepositoryModelLoad', { model_name: 'test' }]],
  'repository-unload': [['RepositoryModelUnload', { model_name: 'test' }]],
};

const as = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

const unary: Channel = {
  operations: Object.keys(requests) as Operation[],
  ask: (operation, token) =>
    Promise.all(
      (requests[operation] ?? []).map(async ([method, request]) => {
        const { code, status } = await fixture.client.call(method, request, { metadata: as(token) });
        const verdict = verdictOfCode(code);
        expect(['UNAUTHENTICATED', 'PERMISSION_DENIED'].includes(status)).toBe(verdict !== 'allowed');
        return verdict;
      }),
    ),
};

const stream: Channel = {
  operations: ['infer'],
  ask: async (_, token) => {
    const call = fixture.client.stream({ metadata: as(token) });
    call.send({ model_name: 'test' });
    call.call.end();
    const { status, trailers } = await call.ended;
    const [code] = trailers.get('x-brink-code');
    expect(status === 'OK').toBe(code === undefined);
    return [verdictOfCode(code?.toString())];
  },
};

describe.each([
  ['a unary call', unary],
  ['a stream', stream],
])('gRPC, %s', (_, channel) => {
  it.each(verdictCases(channel.operations))(
    'answers %s with the token kind %s: %s',
    async (operation, kind, expected) => {
      expect(new Set(await channel.ask(operation, tokens[kind]))).toEqual(new Set([expected]));
    },
  );
});

it('every unary method is asked for', () => {
  const asked = new Set(Object.values(requests).flatMap((all) => all.map(([method]) => method)));
  expect([...asked].toSorted()).toEqual(Object.keys(unaryMethods).toSorted());
});
