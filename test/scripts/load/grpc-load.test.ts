import { Metadata, type sendUnaryData, Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GrpcTarget, LoadBody } from '../../../scripts/load/load-plan.js';
import { LoadProcess } from '../../../scripts/load/load-process.js';
import { planOf } from './load-results.js';

const asIs = (bytes: Buffer): Buffer => bytes;
const method = { path: '/s/M', requestStream: false, responseStream: false } as const;
const definition = {
  M: {
    ...method,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
};

let server: Server;
let target: GrpcTarget;
let session: LoadProcess;
let calls = 0;
let stopping = new AbortController();
const keys = new Set<unknown>();
beforeAll(async () => {
  session = await LoadProcess.start();
  server = new Server();
  server.addService(definition, {
    M: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) => {
      keys.add(call.metadata.get('authorization')[0]);
      const trailers = new Metadata();
      trailers.set('retry-after', '1');
      const number = calls++;
      if (number === 40) stopping.abort();
      if (number % 4 === 1) done({ code: status.UNAVAILABLE, details: 'busy', metadata: trailers });
      else if (number % 4 === 2) done({ code: status.RESOURCE_EXHAUSTED, details: 'full' });
      else if (number % 4 === 3) done({ code: status.INVALID_ARGUMENT, details: 'bad' });
      else {
        const initial = new Metadata();
        initial.set('x-brink-served-by', 'origin');
        call.sendMetadata(initial);
        done(null, Buffer.concat([call.request, Buffer.from(Float32Array.of(1, 2).buffer)]));
      }
    },
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  target = { kind: 'grpc', address: `127.0.0.1:${port}`, method: '/s/M', metadata: { authorization: 'Bearer k' } };
});
afterAll(async () => {
  server.forceShutdown();
  await session.close();
});

const bodyWith = (values: readonly number[]): LoadBody => ({
  bytes: Buffer.from('abc'),
  check: { lengthBytes: 11, content: { kind: 'fp32-tail', fromEndBytes: 8, values, tolerance: 1e-3 } },
});

describe('a load run over gRPC', () => {
  it('sends messages as bytes, checks the answers, and tells refusals from failures', async () => {
    const shape = { kind: 'closed', connections: 2 } as const;
    const plan = planOf({ target, shape, bodies: [bodyWith([1, 2.0001])], seconds: 60 });
    const result = await session.run(plan, { signal: stopping.signal });
    const { sent, answered, refused, failed, wrong, timedOut, kinds, servedBy } = result;
    expect(answered + refused + failed + wrong + timedOut).toBe(sent);
    expect(sent).toBe(calls);
    expect({ wrong, timedOut }).toEqual({ wrong: 0, timedOut: 0 });
    expect(answered).toBe(kinds['grpc 0']);
    expect(refused).toBe((kinds['grpc 14'] ?? 0) + (kinds['grpc 8'] ?? 0));
    expect(result.withoutRetryAfter).toBe(kinds['grpc 8']);
    expect(failed).toBe(kinds['grpc 3']);
    expect(servedBy).toEqual({ origin: answered });
    expect(keys).toEqual(new Set(['Bearer k']));
    expect(result.connections.used).toBe(2);
  });

  it('finds a wrong number in an answer', async () => {
    calls = 0;
    stopping = new AbortController();
    const plan = planOf({ target, bodies: [bodyWith([1, 2.01])], checkEvery: 1, seconds: 60 });
    const { answered, wrong, kinds } = await session.run(plan, { signal: stopping.signal });
    expect(answered).toBe(0);
    expect(wrong).toBe(kinds['wrong content']);
    expect(wrong).toBeGreaterThan(0);
  });

  it('counts a server that is not there as failed, not as refused', async () => {
    const result = await session.run(planOf({ target: { ...target, address: '127.0.0.1:1' }, seconds: 0.2 }));
    expect(result.failed).toBe(result.sent);
    expect(result.sent).toBeGreaterThan(0);
  });
});
