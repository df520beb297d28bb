import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Operation } from '../../shared/auth/operations.js';
import { HttpClient } from '../harness/http-client.js';
import { doubleModel } from '../harness/onnx.js';
import type { Stack } from '../harness/stack.js';
import { conformanceStack, tiers } from './rest-client.js';
import { type Channel, tokens, verdictCases, verdictOfCode } from './verdicts.js';

let stack: Stack;
beforeAll(async () => {
  stack = await conformanceStack();
  await stack.releaseTest('double', doubleModel());
});
afterAll(() => stack.dispose());

const v2 = ['/v2/models/double', '/v2/models/double/versions/v1'];
const v1 = ['/v1/models/double', '/v1/models/double/versions/v1'];

/** Every way to ask for an operation over REST. */
const requests: Readonly<Partial<Record<Operation, readonly (readonly [method: string, path: string])[]>>> = {
  'server-live': [['GET', '/v2/health/live']],
  'server-ready': [['GET', '/v2/health/ready']],
  openapi: [['GET', '/openapi.json']],
  'server-metadata': [['GET', '/v2']],
  handlers: [['GET', '/v1/handlers']],
  'model-metadata': v2.map((at) => ['GET', at]),
  'model-ready': v2.map((at) => ['GET', `${at}/ready`]),
  'model-config': v2.map((at) => ['GET', `${at}/config`]),
  'model-statistics': [['GET', '/v2/models/stats'], ...v2.map((at) => ['GET', `${at}/stats`] as const)],
  'repository-index': [['POST', '/v2/repository/index']],
  infer: v2.map((at) => ['POST', `${at}/infer`]),
  predict: v1.map((at) => ['POST', `${at}/predict`]),
  'repository-load': [['POST', '/v2/repository/models/double/load']],
  'repository-unload': [['POST', '/v2/repository/models/double/unload']],
};
const operations = Object.keys(requests) as Operation[];

function restChannel(client: HttpClient): Channel {
  return {
    operations,
    ask: (operation, token) =>
      Promise.all(
        (requests[operation] ?? []).map(async ([method, path]) => {
          const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
          const reply = await client.send({ method, path, headers, ...(method === 'POST' ? { body: '{}' } : {}) });
          const body = reply.bytes.toString();
          const code = reply.status >= 400 && body !== '' ? (JSON.parse(body) as { code?: string }).code : undefined;
          const verdict = verdictOfCode(code);
          expect([401, 403].includes(reply.status)).toBe(verdict !== 'allowed');
          return verdict;
        }),
      ),
  };
}

describe.each(tiers)('REST at the %s', (tier) => {
  let client: HttpClient;
  beforeAll(() => {
    client = new HttpClient(stack.url(tier));
  });
  afterAll(() => client.close());

  it.each(verdictCases(operations))('answers %s with the token kind %s: %s', async (operation, kind, expected) => {
    const verdicts = await restChannel(client).ask(operation, tokens[kind]);
    expect(new Set(verdicts)).toEqual(new Set([expected]));
  });
});
