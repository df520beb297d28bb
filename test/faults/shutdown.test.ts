import type { ClientReadableStream } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { workModel } from '../harness/onnx.js';
import { originKey } from '../harness/stack.js';
import { metadataOf } from '../origin/grpc/grpc-client.js';
import { FaultStack, grpcRequest, soon, work } from './fault-stack.js';
import { learnBatches } from './learn-batches.js';
import { type Outcome, tally } from './outcome.js';

let origin: FaultStack;
afterEach(() => origin.dispose());

const long = 30_000;
const endless = 10 ** 9;
const callers = 6;
const indices = Array.from({ length: callers }, (_, index) => index);
const exists = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** What a watcher of the health service is told. */
function watchHealth(): { readonly told: number[]; readonly ended: Promise<void> } {
  const told: number[] = [];
  const bytesAsTheyAre = (bytes: Buffer): Buffer => bytes;
  const watch: ClientReadableStream<Buffer> = origin.grpc.client.makeServerStreamRequest(
    '/grpc.health.v1.Health/Watch',
    bytesAsTheyAre,
    bytesAsTheyAre,
    Buffer.alloc(0),
  );
  watch.on('data', (bytes: Buffer) => told.push(bytes[1] ?? 0));
  watch.on('error', () => undefined);
  return { told, ended: new Promise((resolve) => watch.on('close', resolve)) };
}

/** Asks one after the other over connections that are kept until one is refused; answers what came, and how it ended. */
async function untilRefused(index: number): Promise<{ outcomes: Outcome[]; error: string | undefined }> {
  const outcomes: Outcome[] = [];
  for (;;) {
    try {
      outcomes.push(await origin.infer('work', { inputs: work(1, index) }));
    } catch (error) {
      return { outcomes, error: (error as NodeJS.ErrnoException).code };
    }
  }
}

describe('SIGTERM under load', () => {
  it('answers what is in flight on REST, gRPC and streams, takes nothing new, and leaves no process', async () => {
    origin = await FaultStack.start();
    const digest = await origin.release('work', workModel());
    await learnBatches(origin, 'work');
    const health = watchHealth();
    await expect.poll(() => health.told, soon).toEqual([1]);
    const lanes = indices.map(untilRefused);
    await expect.poll(() => origin.rows('request').length, soon).toBeGreaterThan(50);

    const held = origin.infer('work', { inputs: work(long, 99) });
    const rest = indices.map((index) => origin.infer('work', { inputs: work(long, index) }));
    const grpc = indices.map((index) => origin.inferGrpc('work', { inputs: work(long, index) }));
    const stream = origin.grpc.stream({ metadata: { authorization: `Bearer ${originKey}` } });
    for (const index of indices) stream.send(grpcRequest('work', work(long, index)));
    // everyone is in: those of the lanes as well
    await expect.poll(() => origin.metric('brink_in_flight', { model: 'work' }), soon).toBe(4 * callers + 1);
    const runner = origin.runnerOf(digest);

    process.kill(origin.stack.origin.pid, 'SIGTERM');
    await expect.poll(() => origin.rows('closing').length, soon).toBe(1);
    await expect.poll(() => health.told, soon).toEqual([1, 2]); // SERVING, NOT_SERVING
    await health.ended;
    await expect(origin.operate('/v2/health/ready')).rejects.toThrow(/ECONNREFUSED/);

    const answers = await Promise.all([held, ...rest, ...grpc]);
    expect(tally(answers)).toEqual({ ok: 2 * callers + 1 });
    expect(answers.map(({ values }) => values[0])).toEqual([99, ...indices, ...indices].map((index) => 2 * index));
    const ended = await stream.ended;
    expect(stream.answers).toHaveLength(callers);
    expect(stream.answers.filter(({ error_message: text }) => text !== '' && text !== undefined)).toEqual([]);
    expect([ended.status, ended.trailers.get('x-brink-code')]).toEqual(['UNAVAILABLE', ['shutting-down']]);

    const kept = await Promise.all(lanes);
    for (const { outcomes, error } of kept) {
      expect(tally(outcomes)).toEqual({ ok: outcomes.length });
      expect(error).toBe('ECONNREFUSED');
    }
    expect(await origin.stack.origin.exited).toEqual({ code: 0, signal: null });
    expect(exists(runner)).toBe(false);
    expect(await origin.scratchDirs()).toEqual([]);
    // what was run was answered: none of it was lost on the way
    const served = origin.rows('request').filter((row) => row['status'] === 200 && row['model'] === 'work' && row['method'] === 'POST'); // prettier-ignore
    const asked = kept.reduce((sum, { outcomes }) => sum + outcomes.length, 0) + callers + 1;
    expect(served.length).toBeGreaterThanOrEqual(asked);
  });

  it('refuses what cannot be finished in time, clearly, and exits all the same', async () => {
    origin = await FaultStack.start({ originEnv: { ORIGIN_DRAIN_MS: '300' } });
    const digest = await origin.release('work', workModel());
    const inputs = work(endless, 1);
    const running = origin.infer('work', { inputs });
    await origin.waitFor('work', 0, 1);
    const asked = [
      running,
      ...indices.map(() => origin.infer('work', { inputs })),
      ...indices.map(() => origin.inferGrpc('work', { inputs })),
    ];
    const stream = origin.grpc.client.makeBidiStreamRequest(
      '/inference.GRPCInferenceService/ModelStreamInfer',
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      metadataOf({ authorization: `Bearer ${originKey}` }),
    );
    stream.on('error', () => undefined); // an open stream without messages must not keep the origin
    stream.resume();
    await origin.waitFor('work', 2 * callers, 1);
    const runner = origin.runnerOf(digest);
    process.kill(origin.stack.origin.pid, 'SIGTERM');
    const outcomes = await Promise.all(asked);
    expect(tally(outcomes)).toEqual({ '503 shutting-down': callers + 1, 'UNAVAILABLE shutting-down': callers });
    expect(outcomes.every(({ retryAfter }) => retryAfter)).toBe(true);
    expect(await origin.stack.origin.exited).toEqual({ code: 0, signal: null });
    expect(exists(runner)).toBe(false);
  });
});
