import { service as healthService } from 'grpc-health-check';
import { afterEach, describe, expect, it } from 'vitest';
import { sampleTensors } from '../../harness/tensors.js';
import { ManualTime } from '../harness.js';
import { deferred } from './deferred.js';
import { echo, type GrpcFixture, startGrpc, tierOf } from './grpc-fixture.js';
import { rawRequest } from './wire-tensors.js';

const request = rawRequest('test', sampleTensors(), { id: 'a' });
const open: GrpcFixture[] = [];
const start = async (...options: Parameters<typeof startGrpc>): Promise<GrpcFixture> => {
  const fixture = await startGrpc(...options);
  open.push(fixture);
  return fixture;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((fixture) => fixture.close()));
});

interface HealthReply {
  readonly status: string;
}

const { Check: check, Watch: watch } = healthService;

function askHealth({ client }: GrpcFixture, service = ''): Promise<HealthReply> {
  return new Promise((resolve, reject) => {
    client.client.makeUnaryRequest(
      check!.path,
      check!.requestSerialize,
      check!.responseDeserialize as unknown as (bytes: Buffer) => HealthReply,
      { service },
      (error, reply) => {
        if (error !== null) reject(error);
        else resolve(reply!);
      },
    );
  });
}

function watchHealth({ client }: GrpcFixture): { statuses: string[]; ended: Promise<void> } {
  const statuses: string[] = [];
  const stream = client.client.makeServerStreamRequest(
    watch!.path,
    watch!.requestSerialize,
    watch!.responseDeserialize as unknown as (bytes: Buffer) => HealthReply,
    { service: '' },
  );
  stream.on('data', ({ status }: HealthReply) => statuses.push(status));
  stream.on('error', () => undefined);
  return { statuses, ended: new Promise((resolve) => stream.on('status', () => resolve())) };
}

describe('health', () => {
  it('says whether the tier is ready, of the server and of its service', async () => {
    let ready = true;
    const fixture = await start({ tier: { ...(await tierOf()), ready: () => Promise.resolve(ready) } });
    for (const service of ['', 'inference.GRPCInferenceService']) {
      expect(await askHealth(fixture, service)).toEqual({ status: 'SERVING' });
    }
    await expect(askHealth(fixture, 'another')).rejects.toThrow('NOT_FOUND');
    ready = false;
    expect(await askHealth(fixture)).toEqual({ status: 'NOT_SERVING' });
    expect((await fixture.client.call('ServerReady')).message).toEqual({ ready: false });
    expect((await fixture.client.call('ServerLive')).message).toEqual({ live: true });
  });

  it('is not serving when the tier cannot say', async () => {
    const fixture = await start({ tier: { ...(await tierOf()), ready: () => Promise.reject(new Error('broken')) } });
    expect(await askHealth(fixture)).toEqual({ status: 'NOT_SERVING' });
  });

  it('is told to those who watch when it changes', async () => {
    const time = new ManualTime();
    let ready = true;
    const tier = { ...(await tierOf()), ready: () => Promise.resolve(ready) };
    const fixture = await start({ tier, schedule: time.schedule });
    const { statuses } = watchHealth(fixture);
    await expect.poll(() => statuses).toEqual(['SERVING']);
    ready = false;
    await expect
      .poll(() => {
        time.advance(1_000);
        return statuses;
      })
      .toEqual(['SERVING', 'NOT_SERVING']);
  });
});

describe('a server that ends', () => {
  it('stops serving at once, answers what is in flight, and ends streams and watches', async () => {
    const reached = deferred();
    const goOn = deferred();
    const tier = await tierOf(async (infer, call) => {
      reached.resolve();
      await goOn.promise;
      return echo(infer, call);
    });
    const fixture = await start({ tier });
    const { statuses, ended } = watchHealth(fixture);
    await expect.poll(() => statuses).toEqual(['SERVING']);
    const stream = fixture.client.stream();
    stream.send(request);
    const unary = fixture.client.call('ModelInfer', request);
    await reached.promise;
    await expect.poll(() => tier.calls.length).toBe(2);
    const closed = fixture.server.close(60_000);
    await ended;
    expect(statuses).toEqual(['SERVING', 'NOT_SERVING']);
    goOn.resolve();
    expect((await unary).status).toBe('OK');
    expect(await stream.ended).toMatchObject({ status: 'UNAVAILABLE', text: 'the server is shutting down' });
    expect(stream.answers).toHaveLength(1);
    await closed;
    expect(fixture.server.connections).toBe(0);
  });

  it('cuts off what is not done by the deadline', async () => {
    const time = new ManualTime();
    const reached = deferred();
    const tier = await tierOf((_, call) => {
      reached.resolve();
      return new Promise((_resolve, reject) => call.signal?.addEventListener('abort', () => reject(new Error('gone'))));
    });
    const fixture = await start({ tier, schedule: time.schedule });
    const unary = fixture.client.call('ModelInfer', request);
    await reached.promise;
    const closed = fixture.server.close(5_000);
    time.advance(4_999);
    expect(fixture.server.connections).toBe(1);
    time.advance(1);
    await closed;
    expect(['CANCELLED', 'UNAVAILABLE']).toContain((await unary).status);
    await expect.poll(() => fixture.server.connections).toBe(0);
  });
});
