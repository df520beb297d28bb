import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { measurementsBytesMax } from '../../shared/measure/measurements.js';
import { measured } from '../harness/measured.js';
import { doubleModel } from '../harness/onnx.js';
import { adminToken, artifactToken, ask, type Reply, Stack } from '../harness/stack.js';

let stack: Stack;
let digest: string;
beforeAll(async () => {
  stack = await Stack.start();
  digest = await stack.releaseTest('double', doubleModel());
});
afterAll(() => stack.dispose());

const put = (sha256: string, body: string): Promise<Reply> =>
  ask(`${stack.edge.url}/admin/v1/measurements/${sha256}`, {
    method: 'PUT',
    body,
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
  });
const get = (path: string, token: string): Promise<Reply> =>
  ask(`${stack.edge.url}${path}`, { headers: { authorization: `Bearer ${token}` } });

describe('measurements', () => {
  it('are kept beside a version, read by operators and origins, and replaced by later ones', async () => {
    expect(await stack.admin.measurements(digest)).toBeUndefined();
    await stack.admin.putMeasurements(digest, measured(digest));
    expect(await stack.admin.measurements(digest)).toEqual(measured(digest));
    await stack.admin.putMeasurements(digest, measured(digest, { takenAt: '2027-01-01T00:00:00Z' }));
    const read = await get(`/artifacts/v1/measurements/${digest}`, artifactToken);
    expect([read.status, read.json()['takenAt'], read.headers.get('cache-control')]).toEqual([
      200,
      '2027-01-01T00:00:00Z',
      'no-store',
    ]);
  });

  it('are neither read nor written without the right key', async () => {
    expect((await get(`/artifacts/v1/measurements/${digest}`, 'nobody')).status).toBe(401);
    expect((await get(`/admin/v1/measurements/${digest}`, artifactToken)).status).toBe(401);
  });

  it.each([
    ['of another version', () => [digest, JSON.stringify(measured('b'.repeat(64)))], 422, 'digest-mismatch'],
    ['of no version', () => ['b'.repeat(64), JSON.stringify(measured('b'.repeat(64)))], 404, 'unknown-version'],
    ['that are none', () => [digest, '{"schema":1}'], 400, 'invalid-request'],
    ['that are no JSON', () => [digest, '{'], 400, 'malformed-json'],
    ['under no digest', () => ['abc', '{}'], 400, 'bad-name'],
    [
      'that are far too many',
      () => [digest, JSON.stringify({ ...measured(digest), pad: 'x'.repeat(measurementsBytesMax) })],
      413,
      'body-too-large',
    ],
  ] as const)('%s are refused', async (_, make, status, code) => {
    const [sha256 = '', body = ''] = make();
    const refused = await put(sha256, body);
    expect([refused.status, refused.code]).toEqual([status, code]);
  });
});
