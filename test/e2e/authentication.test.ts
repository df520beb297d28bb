import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { doubleModel } from '../harness/onnx.js';
import { adminToken, artifactToken, ask, originKey, Stack } from '../harness/stack.js';

const [oldKey, newKey] = ['an-old-inference-key-01234', 'a-new-inference-key-012345'];
const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }] });
let stack: Stack;
let digest: string;

beforeAll(async () => {
  stack = await Stack.start({
    vars: { INFERENCE_KEYS: `app=${oldKey},app-next=${newKey}`, CORS_ORIGINS: 'https://app.example' },
  });
  digest = await stack.releaseTest('double', doubleModel());
});
afterAll(() => stack.dispose());

const infer = (tier: 'edge' | 'origin', token?: string, extra: Record<string, string> = {}) =>
  ask(`${stack.url(tier)}/v2/models/double/infer`, {
    body,
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...extra,
    },
  });

describe('keys', () => {
  it('are asked for on the data plane where any is configured, both of a rotation are good, and others are not', async () => {
    for (const token of [oldKey, newKey, adminToken]) {
      const reply = await infer('edge', token);
      expect([reply.status, reply.digest]).toEqual([200, digest]);
    }
    for (const token of [undefined, 'wrong-key-0123456789', artifactToken, originKey]) {
      const reply = await infer('edge', token);
      expect([reply.status, reply.code, reply.headers.get('www-authenticate')]).toEqual([
        401,
        'unauthenticated',
        'Bearer',
      ]);
    }
  });

  it('are asked for by the origin too; the edge carries its own', async () => {
    expect((await infer('origin')).status).toBe(401);
    expect((await infer('origin', oldKey)).status).toBe(401);
    const direct = await infer('origin', originKey);
    expect([direct.status, direct.servedBy, direct.digest]).toEqual([200, 'origin', digest]);
    const through = await infer('edge', adminToken, { 'x-brink-serve-on': 'origin' });
    expect([through.status, through.servedBy, through.digest]).toEqual([200, 'origin', digest]);
  });

  it('of one plane open no other', async () => {
    const admin = (token: string) =>
      ask(`${stack.edge.url}/admin/v1/models`, { headers: { authorization: `Bearer ${token}` } });
    const artifacts = (token: string) =>
      ask(`${stack.edge.url}/artifacts/v1/models`, { headers: { authorization: `Bearer ${token}` } });
    for (const token of [oldKey, originKey, artifactToken]) expect((await admin(token)).status).toBe(401);
    for (const token of [oldKey, originKey]) expect((await artifacts(token)).status).toBe(401);
    expect((await artifacts(artifactToken)).json()).toEqual({ models: ['double'] });
    expect((await admin(adminToken)).status).toBe(200);
  });

  it('are never in a log', () => {
    const lines = [...stack.edgeLines, ...stack.originLines].join('\n');
    expect(lines).toContain('"caller":"app-next"');
    for (const secret of [oldKey, newKey, adminToken, artifactToken, originKey]) expect(lines).not.toContain(secret);
  });

  it('are not needed for health and the API description', async () => {
    for (const path of ['/v2/health/live', '/openapi.json'])
      expect((await ask(stack.edge.url + path)).status).toBe(200);
  });
});

describe('browsers', () => {
  const preflight = (origin: string) =>
    ask(`${stack.edge.url}/v2/models/double/infer`, {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  it('of a configured origin may call, without a key for the preflight, and read our headers', async () => {
    const allowed = await preflight('https://app.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.example');
    expect(allowed.headers.get('access-control-allow-headers')).toMatch(/authorization/);
    const reply = await infer('edge', oldKey, { origin: 'https://app.example' });
    expect(reply.headers.get('access-control-expose-headers')).toMatch(/x-brink-served-by/);
    const failed = await infer('edge', 'wrong-key-0123456789', { origin: 'https://app.example' });
    expect(failed.headers.get('access-control-allow-origin')).toBe('https://app.example');
  });

  it('of another origin may not', async () => {
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });
});
