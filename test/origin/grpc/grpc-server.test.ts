import { afterEach, describe, expect, it } from 'vitest';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { ErrorCode } from '../../../shared/errors/error-codes.js';
import { sampleTensors } from '../../harness/tensors.js';
import { inferenceService } from '../../../origin/grpc/proto/inference-service.js';
import { deferred } from './deferred.js';
import { type GrpcFixture, noKeys, startGrpc, tierOf } from './grpc-fixture.js';
import { ManualTime } from '../harness.js';
import { rawRequest } from './wire-tensors.js';
import { Keys } from '../../../shared/auth/keys.js';

const request = rawRequest('test', sampleTensors(), { id: 'seven' });
const open: GrpcFixture[] = [];
const start = async (...options: Parameters<typeof startGrpc>): Promise<GrpcFixture> => {
  const fixture = await startGrpc(...options);
  open.push(fixture);
  return fixture;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((fixture) => fixture.close()));
});

describe('a call over gRPC', () => {
  it('is answered with its id, and says in its trailers which version and tier answered', async () => {
    const { client, rows } = await start();
    const reply = await client.call('ModelInfer', request, { metadata: { 'x-request-id': 'abc' } });
    expect(reply.status).toBe('OK');
    expect(reply.message).toMatchObject({ model_name: 'test', model_version: 'v1', id: 'seven' });
    expect(reply.message['raw_output_contents'] as Buffer[]).toEqual(request['raw_input_contents']);
    expect(reply.trailers).toMatchObject({
      'x-request-id': 'abc',
      'x-brink-model': 'test',
      'x-brink-version': 'v1',
      'x-brink-served-by': 'origin',
      'x-brink-epoch': '7',
      'x-brink-attempts': 'origin:ok',
    });
    expect(rows).toEqual([
      expect.objectContaining({
        event: 'request', protocol: 'grpc', method: 'ModelInfer', status: 'OK', model: 'test', version: 'v1', requestId: 'abc',
      }), // prettier-ignore
    ]);
  });

  it('becomes the same call as over REST, with its metadata for headers', async () => {
    const tier = await tierOf();
    const { client } = await start({ tier });
    const digest = (await tier.describe('test', undefined, undefined as never)).target.digest;
    const metadata = {
      'x-brink-key': 'k',
      'x-brink-priority': '2',
      'x-brink-pin': `v1@${digest}`,
      'x-brink-timeout-ms': '900',
    };
    await client.call('ModelInfer', { ...request, model_version: 'v1' }, { metadata });
    await client.call('ModelInfer', request);
    expect(tier.calls[0]).toMatchObject({
      kind: 'infer',
      model: 'test',
      version: 'v1',
      key: 'k',
      priority: 2,
      deadlineGiven: true,
    });
    expect(tier.calls[0]).toMatchObject({ pin: { version: 'v1', digest }, deadline: { budgetMs: 900 } });
    expect(tier.calls[1]).toMatchObject({ version: undefined, key: '127.0.0.1', deadlineGiven: false });
  });

  it('takes the shorter of its own deadline and the header', async () => {
    const tier = await tierOf();
    const { client } = await start({ tier });
    await client.call('ModelInfer', request, {
      deadline: Date.now() + 50_000,
      metadata: { 'x-brink-timeout-ms': '90000' },
    });
    expect(tier.calls[0]!.deadline.budgetMs).toBeLessThanOrEqual(50_000);
    expect(tier.calls[0]!.deadlineGiven).toBe(true);
  });

  it('ends with DEADLINE_EXCEEDED when its deadline passes, and the run is called off', async () => {
    let signal: AbortSignal | undefined;
    const tier = await tierOf((_, call) => {
      signal = call.signal;
      return new Promise((_resolve, reject) =>
        call.signal?.addEventListener('abort', () => reject(new BrinkError('cancelled', 'gone'))),
      );
    });
    const { client } = await start({ tier });
    const reply = await client.call('ModelInfer', request, { deadline: Date.now() + 200 });
    expect(reply.status).toBe('DEADLINE_EXCEEDED');
    await new Promise<void>((resolve) => {
      if (signal?.aborted === true) resolve();
      else signal?.addEventListener('abort', () => resolve());
    });
  });

  it('is called off when its caller cancels it', async () => {
    const reached = deferred();
    const aborted = deferred();
    const tier = await tierOf(async (_, call) => {
      reached.resolve();
      call.signal?.addEventListener('abort', () => aborted.resolve());
      await aborted.promise;
      throw new BrinkError('cancelled', 'nobody waits any more');
    });
    const { client, rows } = await start({ tier });
    const reply = await client.call('ModelInfer', request, { cancelWhen: reached.promise });
    await aborted.promise;
    expect(reply.status).toBe('CANCELLED');
    await expect.poll(() => rows).toContainEqual(expect.objectContaining({ status: 'CANCELLED', code: 'cancelled' }));
  });
});

describe('a failure over gRPC', () => {
  it.each<[ErrorCode, string]>([
    ['wrong-shape', 'INVALID_ARGUMENT'],
    ['unauthenticated', 'UNAUTHENTICATED'],
    ['operators-only', 'PERMISSION_DENIED'],
    ['version-fenced', 'NOT_FOUND'],
    ['pin-mismatch', 'FAILED_PRECONDITION'],
    ['body-too-large', 'RESOURCE_EXHAUSTED'],
    ['too-many-requests', 'RESOURCE_EXHAUSTED'],
    ['not-supported', 'UNIMPLEMENTED'],
    ['queue-full', 'UNAVAILABLE'],
    ['overloaded', 'UNAVAILABLE'],
    ['deadline-exceeded', 'DEADLINE_EXCEEDED'],
    ['internal', 'INTERNAL'],
  ])('of code %s has status %s, its text and its code', async (code, status) => {
    const failing = (): never => {
      throw new BrinkError(code, 'what was expected, what came', { retryAfterMs: 2_500 });
    };
    const { client } = await start({ tier: await tierOf(failing) });
    const reply = await client.call('ModelInfer', request);
    expect(reply).toMatchObject({ status, code, text: 'what was expected, what came' });
    const isLoad = code === 'too-many-requests' || status === 'UNAVAILABLE';
    expect(reply.trailers['retry-after']).toBe(isLoad ? '3' : undefined);
    expect(reply.trailers['grpc-retry-pushback-ms']).toBe(isLoad ? '2500' : undefined);
  });

  it('that nobody expected says nothing of itself but in the log', async () => {
    const { client, rows } = await start({
      tier: await tierOf(() => {
        throw new Error('secret of /the/inside');
      }),
    });
    const reply = await client.call('ModelInfer', request);
    expect(reply).toMatchObject({ status: 'INTERNAL', code: 'internal' });
    expect(JSON.stringify(reply)).not.toContain('secret');
    expect(rows).toContainEqual(
      expect.objectContaining({ event: 'cause', cause: expect.stringContaining('secret') as string }),
    );
  });

  it('of the unknown says what is not there', async () => {
    const { client } = await start();
    expect(await client.call('ModelInfer', { ...request, model_name: 'nope' })).toMatchObject({
      status: 'NOT_FOUND',
      code: 'unknown-model',
    });
    expect(await client.call('ModelInfer', { ...request, model_version: 'v9' })).toMatchObject({
      status: 'NOT_FOUND',
      code: 'unknown-version',
    });
    expect(await client.call('ModelInfer', { ...request, model_name: '' })).toMatchObject({
      status: 'INVALID_ARGUMENT',
      code: 'bad-name',
    });
    expect(await client.send('Nothing', Buffer.alloc(0))).toMatchObject({ status: 'UNIMPLEMENTED' });
  });

  it('of a method without a meaning here says why', async () => {
    const { client } = await start();
    for (const method of ['SystemSharedMemoryRegister', 'CudaSharedMemoryStatus', 'TraceSetting', 'LogSettings']) {
      const reply = await client.send(method, Buffer.alloc(0));
      expect(reply).toMatchObject({ status: 'UNIMPLEMENTED', code: 'not-supported' });
      expect(reply.text).toContain(method);
    }
  });

  it('of a message that is none is the caller’s, for every method', async () => {
    const admin = Keys.parse('test', 'a=admin-key-0123456789012');
    const { client } = await start({ rings: () => ({ ...noKeys, admin }) });
    const metadata = { authorization: 'Bearer admin-key-0123456789012' };
    for (const method of Object.keys(inferenceService).filter((name) => name !== 'ModelStreamInfer')) {
      const reply = await client.send(method, Buffer.alloc(11, 0xff), { metadata });
      expect(reply, method).toMatchObject({ status: 'INVALID_ARGUMENT', code: 'malformed-binary' });
    }
  });
});

describe('what comes before a request', () => {
  const limits = { ...defaultLimits, bodyBytesMax: 10_000 };

  it('refuses a message over the limit with both numbers, also one of a few bytes that inflates to it', async () => {
    const { client, rows } = await start({ limitsOf: () => limits });
    const within = await client.send('ModelInfer', Buffer.from(inferenceService['ModelInfer']!.requestSerialize({ model_name: 'test', raw_input_contents: [Buffer.alloc(10_000)] }))); // prettier-ignore
    expect(within).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'body-too-large', text: expect.stringMatching(/10000 bytes, got 100\d\d/) as string }); // prettier-ignore
    const beyond = await client.send('ModelInfer', Buffer.alloc(200_000));
    expect(beyond).toMatchObject({ status: 'RESOURCE_EXHAUSTED', code: 'body-too-large' });
    expect(beyond.text).toContain('200000 vs 75536');
    expect(rows).toContainEqual(expect.objectContaining({ status: 'RESOURCE_EXHAUSTED', method: 'ModelInfer' }));
  });

  it('ends a call whose message does not arrive in time', async () => {
    const time = new ManualTime();
    const { client, rows } = await start({ schedule: time.schedule });
    const path = '/inference.GRPCInferenceService/ModelInfer';
    const bytes = (sent: Buffer): Buffer => sent;
    const call = client.client.makeClientStreamRequest(path, bytes, bytes, () => undefined);
    call.on('error', () => undefined);
    const ended = new Promise<string>((resolve) => call.on('status', ({ details }) => resolve(details)));
    call.write(Buffer.alloc(10)); // and no more
    await expect
      .poll(() => {
        time.advance(30_000);
        return rows;
      })
      .toContainEqual(expect.objectContaining({ code: 'body-timeout', status: 'DEADLINE_EXCEEDED' }));
    expect(await ended).toContain('expected a message within 30000 ms');
  });

  it('asks for a key where one is needed, by the table of operations', async () => {
    const ring = (entry?: string): Keys => Keys.parse('test', entry);
    const rings = {
      inference: ring('i=inference-key-0123456789'),
      read: ring('r=reading-key-0123456789'),
      admin: ring('a=admin-key-0123456789012'),
      artifacts: ring(),
    };
    const { client } = await start({ rings: () => rings });
    const as = (token: string) => ({ metadata: { authorization: `Bearer ${token}` } });
    expect(await client.call('ServerLive')).toMatchObject({ status: 'OK' });
    expect(await client.call('ModelInfer', request)).toMatchObject({
      status: 'UNAUTHENTICATED',
      code: 'unauthenticated',
    });
    expect(await client.call('ModelInfer', request, as('reading-key-0123456789'))).toMatchObject({
      status: 'PERMISSION_DENIED',
      code: 'read-only-key',
    });
    expect(await client.call('ModelMetadata', { name: 'test' }, as('reading-key-0123456789'))).toMatchObject({
      status: 'OK',
    });
    expect(await client.call('ModelInfer', request, as('inference-key-0123456789'))).toMatchObject({ status: 'OK' });
    expect(
      await client.call('RepositoryModelLoad', { model_name: 'test' }, as('inference-key-0123456789')),
    ).toMatchObject({ status: 'PERMISSION_DENIED', code: 'operators-only' });
    expect(
      await client.call('RepositoryModelLoad', { model_name: 'test' }, as('admin-key-0123456789012')),
    ).toMatchObject({ status: 'UNIMPLEMENTED', code: 'not-supported' });
    expect(
      await client.call('ModelInfer', request, {
        metadata: { ...as('inference-key-0123456789').metadata, 'x-brink-serve-on': 'origin' },
      }),
    ).toMatchObject({ code: 'operators-only' });
  });
});

describe('a port', () => {
  it('that is taken is named, with the setting that changes it', async () => {
    const { port } = await start();
    await expect(start().then(({ server }) => server.listen('127.0.0.1', port))).rejects.toThrow(
      `port ${port} of 127.0.0.1 is taken: set ORIGIN_GRPC_PORT to another`,
    );
  });
});
