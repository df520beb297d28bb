import { afterEach, describe, expect, it } from 'vitest';
import { Keys } from '../../../shared/auth/keys.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { sampleTensors } from '../../harness/tensors.js';
import { deferred } from './deferred.js';
import type { Message } from './grpc-client.js';
import { echo, type GrpcFixture, noKeys, startGrpc, tierOf } from './grpc-fixture.js';
import { rawRequest } from './wire-tensors.js';

const request = (id: string): Message => rawRequest('test', sampleTensors(), { id });
const open: GrpcFixture[] = [];
const start = async (...options: Parameters<typeof startGrpc>): Promise<GrpcFixture> => {
  const fixture = await startGrpc(...options);
  open.push(fixture);
  return fixture;
};
afterEach(async () => {
  await Promise.all(open.splice(0).map((fixture) => fixture.close()));
});

const idOf = (answer: Message): unknown => (answer['infer_response'] as Message)['id'];
const sorted = (answers: readonly Message[]): unknown[] => answers.map(idOf).toSorted();

describe('ModelStreamInfer', () => {
  it('answers every message, then ends when the client has nothing more to say', async () => {
    const { client, rows } = await start();
    const stream = client.stream({ metadata: { 'x-request-id': 'abc' } });
    for (const id of ['a', 'b', 'c']) stream.send(request(id));
    stream.call.end();
    const { status, trailers } = await stream.ended;
    expect(status).toBe('OK');
    expect(trailers.get('x-request-id')).toEqual(['abc']);
    expect(sorted(stream.answers)).toEqual(['a', 'b', 'c']);
    for (const answer of stream.answers) {
      expect(answer['error_message']).toBe('');
      expect((answer['infer_response'] as Message)['raw_output_contents']).toEqual(request('')['raw_input_contents']);
    }
    expect(rows.map(({ protocol, requestId }) => [protocol, requestId])).toEqual([
      ['grpc-stream', 'abc-1'],
      ['grpc-stream', 'abc-2'],
      ['grpc-stream', 'abc-3'],
    ]);
  });

  it('answers a failure with its text, its code and whose it is, and goes on', async () => {
    const tier = await tierOf((infer, call) => {
      if (infer.id === 'busy') throw new BrinkError('queue-full', 'the queue is full', { retryAfterMs: 1_500 });
      return echo(infer, call);
    });
    const { client } = await start({ tier });
    const stream = client.stream();
    const cases: [Message | Buffer, string][] = [
      [{ ...request('m'), model_name: 'nope' }, 'unknown-model'],
      [{ ...request('r'), raw_input_contents: [] }, 'wrong-element-count'],
      [Buffer.from([0x0a]), 'malformed-binary'],
      [request('busy'), 'queue-full'],
    ];
    for (const [at, [message, code]] of cases.entries()) {
      stream.send(message);
      const answer = (await stream.received(at + 1))[at]!;
      expect(answer['error_message']).not.toBe('');
      expect(answer['infer_response']).toMatchObject({ parameters: { brink_code: { string_param: code } } });
      expect(idOf(answer)).toBe(Buffer.isBuffer(message) ? '' : message['id']);
    }
    expect(stream.answers[3]).toMatchObject({
      infer_response: { parameters: { brink_retry_after_ms: { int64_param: 1_500 } } },
    });
    stream.send(request('after'));
    expect((await stream.received(5))[4]).toMatchObject({ error_message: '', infer_response: { id: 'after' } });
    stream.call.end();
    expect((await stream.ended).status).toBe('OK');
  });

  it('answers in the order in which answers are done', async () => {
    const slow = deferred();
    const tier = await tierOf(async (infer, call) => {
      if (infer.id === 'slow') await slow.promise;
      return echo(infer, call);
    });
    const { client } = await start({ tier });
    const stream = client.stream();
    stream.send(request('slow'));
    stream.send(request('fast'));
    expect((await stream.received(1)).map(idOf)).toEqual(['fast']);
    slow.resolve();
    expect((await stream.received(2)).map(idOf)).toEqual(['fast', 'slow']);
    stream.call.end();
  });

  it('reads no more messages than may be answered at once', async () => {
    const waiting: (() => void)[] = [];
    const tier = await tierOf(async (infer, call) => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return echo(infer, call);
    });
    const { client } = await start({ tier, limits: { streamMessagesMax: 3 } });
    const stream = client.stream();
    for (let id = 0; id < 10; id += 1) stream.send(request(String(id)));
    stream.call.end();
    await expect.poll(() => waiting.length).toBe(3);
    let most = 0;
    while (stream.answers.length < 10) {
      most = Math.max(most, waiting.length);
      const count = stream.answers.length;
      waiting.shift()?.();
      if (waiting.length === 0 || count === stream.answers.length) await stream.received(count + 1);
    }
    expect(most).toBe(3);
    expect((await stream.ended).status).toBe('OK');
  });

  it('does not read from a client that does not read its answers', async () => {
    const big = { name: 'out_FP32', datatype: 'FP32' as const, shape: [250_000], data: new Float32Array(250_000) };
    const tier = await tierOf(() => Promise.resolve([big]));
    const { client } = await start({ tier, limits: { streamMessagesMax: 2 } });
    const stream = client.stream();
    stream.call.pause();
    for (let id = 0; id < 40; id += 1) stream.send({ ...request(String(id)), outputs: [{ name: 'out_FP32' }] });
    stream.call.end();
    // what fits into the windows of the connection is answered, and then nothing more
    let before = -1;
    while (before !== tier.calls.length) {
      before = tier.calls.length;
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(tier.calls.length).toBeLessThan(40);
    stream.call.resume();
    expect((await stream.ended).status).toBe('OK');
    expect(stream.answers).toHaveLength(40);
  });

  it('calls off what it is answering when its client goes', async () => {
    const reached = deferred();
    const aborted = deferred();
    const tier = await tierOf(async (_, call) => {
      call.signal?.addEventListener('abort', () => aborted.resolve());
      reached.resolve();
      await aborted.promise;
      throw new BrinkError('cancelled', 'nobody waits any more');
    });
    const { client } = await start({ tier });
    const stream = client.stream();
    stream.send(request('a'));
    await reached.promise;
    stream.call.cancel();
    await aborted.promise;
    expect((await stream.ended).status).toBe('CANCELLED');
  });

  it('is refused when it is opened, and each message anew when keys change', async () => {
    const ring = (entry?: string): Keys => Keys.parse('test', entry);
    const keyed = { ...noKeys, inference: ring('i=inference-key-0123456789') };
    let rings = keyed;
    const { client, rows } = await start({ rings: () => rings });
    const refused = client.stream();
    expect(await refused.ended).toMatchObject({ status: 'UNAUTHENTICATED' });
    expect(rows).toEqual([expect.objectContaining({ status: 'UNAUTHENTICATED', code: 'unauthenticated' })]);

    const stream = client.stream({ metadata: { authorization: 'Bearer inference-key-0123456789' } });
    stream.send(request('a'));
    expect((await stream.received(1))[0]).toMatchObject({ error_message: '' });
    rings = { ...noKeys, inference: ring('i=another-key-9876543210') };
    stream.send(request('b'));
    expect((await stream.received(2))[1]).toMatchObject({
      infer_response: { id: 'b', parameters: { brink_code: { string_param: 'unauthenticated' } } },
    });
    stream.call.end();
    await stream.ended;
  });
});
