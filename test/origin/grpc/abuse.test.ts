import { once } from 'node:events';
import { constants } from 'node:http2';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { inferenceService } from '../../../origin/grpc/proto/inference-service.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import { mutateBody } from '../../harness/mutate.js';
import { oneOf, seededRandom } from '../../harness/random.js';
import { sampleTensors } from '../../harness/tensors.js';
import { type GrpcFixture, startGrpc } from './grpc-fixture.js';
import { RawHttp2, replyOf } from './raw-http2.js';
import { rawRequest, typedRequest } from './wire-tensors.js';

const inferPath = '/inference.GRPCInferenceService/ModelInfer';
const { requestSerialize } = inferenceService['ModelInfer']!;
const request = rawRequest('test', sampleTensors(), {
  id: 'seven',
  parameters: { priority: { int64_param: 1 }, note: { string_param: 'text' }, ratio: { double_param: 0.5 } },
  outputs: [{ name: 'out_FP32' }, { name: 'out_BYTES', parameters: { a: { bool_param: true } } }],
});
const bytes = requestSerialize(request);
const open: GrpcFixture[] = [];
const raws: RawHttp2[] = [];
const start = async (...options: Parameters<typeof startGrpc>): Promise<GrpcFixture> => {
  const fixture = await startGrpc(...options);
  open.push(fixture);
  return fixture;
};
const raw = (port: number): RawHttp2 => {
  const client = new RawHttp2(port);
  raws.push(client);
  return client;
};
afterEach(async () => {
  for (const client of raws.splice(0)) client.close();
  await Promise.all(open.splice(0).map((fixture) => fixture.close()));
});
const lives = async ({ client }: GrpcFixture): Promise<void> => {
  expect(await client.call('ModelInfer', request)).toMatchObject({ status: 'OK' });
};

describe('requests that were changed on their way', () => {
  it('are answered or refused, 2,000 of them, and none is said to be the server’s fault', async () => {
    const fixture = await start();
    const random = seededRandom(2_000);
    const without = sampleTensors().filter(({ datatype }) => datatype !== 'FP16');
    const seeds = [
      bytes,
      requestSerialize(typedRequest('test', without)),
      requestSerialize(rawRequest('test', sampleTensors())),
      Buffer.from([]),
    ];
    const counts = new Map<string, number>();
    for (let left = 2_000; left > 0; left -= 100) {
      const replies = await Promise.all(
        Array.from({ length: 100 }, () => {
          const mutated = mutateBody(new Uint8Array(oneOf(random, seeds)), random);
          return fixture.client.send('ModelInfer', Buffer.from(mutated));
        }),
      );
      for (const { status, code, text } of replies) {
        counts.set(status, (counts.get(status) ?? 0) + 1);
        expect(['OK', 'INVALID_ARGUMENT', 'NOT_FOUND', 'RESOURCE_EXHAUSTED'], `${code} ${text}`).toContain(status);
        if (status !== 'OK') expect(code).toBeDefined();
      }
    }
    expect(counts.get('OK')).toBeGreaterThan(20);
    expect(counts.get('INVALID_ARGUMENT')).toBeGreaterThan(200);
    expect(counts.get('NOT_FOUND')).toBeGreaterThan(2);
    expect(fixture.rows.filter(({ event }) => event === 'cause')).toEqual([]);
    await lives(fixture);
  });

  it('do not end a stream either', async () => {
    const fixture = await start();
    const random = seededRandom(7);
    const stream = fixture.client.stream();
    for (let sent = 0; sent < 200; sent += 1) stream.send(Buffer.from(mutateBody(new Uint8Array(bytes), random)));
    stream.call.end();
    expect((await stream.ended).status).toBe('OK');
    expect(stream.answers).toHaveLength(200);
    expect(stream.answers.filter((answer) => answer['error_message'] !== '').length).toBeGreaterThan(50);
  });
});

describe('compressed messages', () => {
  const gzip = { 'grpc-encoding': 'gzip' };

  it('are read', async () => {
    const { port } = await start();
    const { headers } = await raw(port).send(inferPath, gzipSync(bytes), gzip, 1);
    expect(headers).toMatchObject({ 'grpc-status': '0' });
  });

  it.each<[string, () => Uint8Array, Record<string, string>, string, string]>([
    ['are refused when they do not decompress', () => Buffer.from('no gzip'), gzip, '3', 'malformed-encoding'],
    ['are refused when they are cut off', () => gzipSync(bytes).subarray(0, 40), gzip, '3', 'malformed-encoding'],
    ['are refused in an encoding of others', () => bytes, { 'grpc-encoding': 'br' }, '12', 'unsupported-encoding'],
    [
      'are refused when they inflate beyond the limit',
      () => gzipSync(Buffer.alloc(3_000_000)),
      gzip,
      '8',
      'body-too-large',
    ],
  ])('%s', async (_, message, headers, status, code) => {
    const fixture = await start({ limitsOf: () => ({ ...defaultLimits, bodyBytesMax: 100_000 }) });
    const reply = await raw(fixture.port).send(inferPath, message(), headers, 1);
    expect(reply.headers).toMatchObject({ 'grpc-status': status, 'x-brink-code': code });
    expect(fixture.rows).toContainEqual(expect.objectContaining({ code, method: 'ModelInfer' }));
    await lives(fixture);
  });
});

describe('a connection', () => {
  it('that opens and resets calls as fast as it can is ended, and others are served', async () => {
    const fixture = await start();
    let [reset, ended] = [0, 0];
    while (reset < 10_000) {
      const { session } = raw(fixture.port);
      const closed = new Promise<void>((resolve) => session.on('close', resolve));
      await once(session, 'connect');
      const isOpen = (): boolean => !session.destroyed && !session.closed;
      for (let burst = 0; burst < 50 && isOpen(); burst += 1) {
        for (let count = 0; count < 100 && isOpen(); count += 1) {
          const stream = session.request({ ':method': 'POST', ':path': inferPath, 'content-type': 'application/grpc' });
          stream.on('error', () => undefined);
          stream.close(constants.NGHTTP2_CANCEL);
          reset += 1;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
      if (!isOpen()) ended += 1;
      session.destroy();
      await closed;
    }
    expect(ended).toBeGreaterThan(0);
    await lives(fixture);
    await expect.poll(() => fixture.server.connections).toBe(1);
  });

  it('has the windows and the number of calls that the limits say', async () => {
    const { port } = await start({ limits: { streamsPerConnectionMax: 5, callWindowBytes: 123_456 } });
    const { session } = raw(port);
    await once(session, 'remoteSettings');
    expect(session.remoteSettings).toMatchObject({ maxConcurrentStreams: 5, initialWindowSize: 123_456 });
    await expect.poll(() => session.state.remoteWindowSize).toBeGreaterThan(1_000_000);
  });

  it('beyond the limit is not taken', async () => {
    const fixture = await start({ limits: { connectionsMax: 2 } });
    await lives(fixture);
    const second = connect(fixture.port, '127.0.0.1');
    const third = connect(fixture.port, '127.0.0.1');
    await once(third, 'close');
    expect(second.destroyed).toBe(false);
    second.destroy();
    await lives(fixture);
  });

  it('that sends more metadata than there may be is refused that call', async () => {
    const fixture = await start();
    const headers = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`x-filler-${at}`, 'v'.repeat(2_000)]));
    const reply = await raw(fixture.port).send(inferPath, bytes, headers);
    expect(reply.headers['grpc-status']).not.toBe('0');
    await lives(fixture);
  });

  it.each([
    ['a path that is none of ours', '/\u00ff\u00fe', {}, 0],
    ['a content type of another protocol', inferPath, { 'content-type': 'text/html' }, 0],
    ['a deadline that is none', inferPath, { 'grpc-timeout': 'soon' }, 0],
    ['a message that says it is compressed and is not', inferPath, {}, 1],
  ])('with %s is told so, and goes on', async (_, path, headers, flag) => {
    const fixture = await start();
    const client = raw(fixture.port);
    const reply = await client.send(path, bytes, headers, flag);
    const { 'grpc-status': status, ':status': http } = reply.headers;
    expect([status, http]).not.toContain('13');
    const again = await client.send(inferPath, bytes);
    expect(again.headers['grpc-status']).toBe('0');
  });

  it('with no message, two messages, or a cut-off one is told what was expected', async () => {
    const fixture = await start();
    const client = raw(fixture.port);
    const none = client.open(inferPath);
    none.end();
    expect((await replyOf(none)).headers).toMatchObject({ 'grpc-status': '3', 'x-brink-code': 'invalid-request' });
    const framed = Buffer.concat([Buffer.from([0, 0, 0, 0, bytes.length]), bytes]);
    framed.writeUInt32BE(bytes.length, 1);
    const two = client.open(inferPath);
    two.end(Buffer.concat([framed, framed]));
    expect((await replyOf(two)).headers).toMatchObject({ 'grpc-status': '3', 'x-brink-code': 'invalid-request' });
    const cut = client.open(inferPath);
    cut.end(framed.subarray(0, 20));
    expect((await replyOf(cut)).headers).toMatchObject({ 'grpc-status': '3' });
    await lives(fixture);
  });

  it('that ends in the middle of a message or of an answer harms nobody', async () => {
    const fixture = await start();
    for (const part of [3, 20, bytes.length + 5]) {
      const client = raw(fixture.port);
      const stream = client.open(inferPath);
      const framed = Buffer.concat([Buffer.alloc(5), bytes]);
      framed.writeUInt32BE(bytes.length, 1);
      stream.write(framed.subarray(0, part));
      await once(client.session, 'remoteSettings');
      client.close();
    }
    await lives(fixture);
    await expect.poll(() => fixture.server.connections).toBe(1);
  });
});
