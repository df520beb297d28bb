import { constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workModel } from '../harness/onnx.js';
import { originKey } from '../harness/stack.js';
import { RawHttp2 } from '../origin/grpc/raw-http2.js';
import { FaultStack, grpcRequest, soon, work } from './fault-stack.js';
import { type Outcome, tally } from './outcome.js';

let origin: FaultStack;
let digest: string;
/** Half with their headers unfinished, half with their bodies. */
let slow: readonly HalfSent[];
beforeAll(async () => {
  origin = await FaultStack.start();
  digest = await origin.release('work', workModel());
  const unfinished = [`${head}x-slow: `, `${head}content-length: 500\r\n\r\n{`];
  slow = await Promise.all(unfinished.flatMap((bytes) => Array.from({ length: 50 }, () => halfSent(bytes))));
});
afterAll(() => origin.dispose());

const long = 15_000;
const ask = (index: number, steps = 1): Promise<Outcome> => origin.infer('work', { inputs: work(steps, index) });
const cancelled = (): Promise<number> =>
  origin.metric('brink_inference_failures_total', { model: 'work', code: 'cancelled' });
const head = `POST /v2/models/work/infer HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${originKey}\r\ncontent-type: application/json\r\n`;

/** A request whose caller can leave; never settles into a failure. */
function leaving(steps: number): () => void {
  const gone = new AbortController();
  fetch(`${origin.stack.originUrl}/v2/models/work/infer`, {
    method: 'POST',
    body: JSON.stringify({ inputs: work(steps, 1) }),
    headers: { authorization: `Bearer ${originKey}`, 'content-type': 'application/json' },
    signal: gone.signal,
  }).catch(() => undefined);
  return () => gone.abort();
}

function leavingGrpc(steps: number): () => void {
  let leave = (): void => undefined;
  const cancelWhen = new Promise<void>((resolve) => (leave = resolve));
  const metadata = { authorization: `Bearer ${originKey}` };
  void origin.grpc.call('ModelInfer', grpcRequest('work', work(steps, 1)), { metadata, cancelWhen });
  return () => leave();
}

interface HalfSent {
  readonly socket: Socket;
  /** All that came until its end. */
  readonly answered: Promise<string>;
}

/** A connection on which these bytes were sent and nothing more follows. */
async function halfSent(bytes: string): Promise<HalfSent> {
  const { hostname, port } = new URL(origin.stack.originUrl);
  const socket = connect(Number(port), hostname);
  let came = '';
  socket.on('data', (chunk) => (came += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const answered = new Promise<string>((resolve) => socket.on('close', () => resolve(came)));
  await new Promise<void>((resolve) => socket.write(bytes, () => resolve()));
  return { socket, answered };
}

describe('callers who vanish', () => {
  it('in the middle of their body, are forgotten', async () => {
    const rows = (): number => origin.rows('request').filter(({ status }) => status === 400).length;
    const before = rows();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => halfSent(`${head}content-length: 5000\r\n\r\n{"inputs":`))); // prettier-ignore
    for (const { socket } of sockets) socket.destroy();
    await expect.poll(rows, soon).toBe(before + 20);
    expect((await ask(4)).values).toEqual([8]);
    await origin.waitFor('work', 0, 0);
  });

  it('in the queue, give their places back, and are counted', async () => {
    const before = await cancelled();
    const held = ask(3, long);
    await origin.waitFor('work', 0, 1);
    const leave = [...Array.from({ length: 5 }, () => leaving(1)), ...Array.from({ length: 5 }, () => leavingGrpc(1))];
    await origin.waitFor('work', 10, 1);
    for (const one of leave) one();
    await origin.waitFor('work', 0, 1);
    expect((await held).values).toEqual([6]);
    expect((await cancelled()) - before).toBe(10);
    expect(origin.rows('runner-ready')).toHaveLength(1);
  });

  it('in the middle of their run, cost no runner its life, and the next are answered', async () => {
    const before = await cancelled();
    const runner = origin.runnerOf(digest);
    for (const start of [leaving, leavingGrpc]) {
      const leave = start(long);
      await origin.waitFor('work', 0, 1);
      const next = [ask(5), ask(6)];
      await origin.waitFor('work', 2, 1);
      leave();
      expect((await Promise.all(next)).map(({ values }) => values)).toEqual([[10], [12]]);
    }
    expect((await cancelled()) - before).toBe(2);
    expect(await origin.runnerPids()).toEqual([runner]);
    expect(await origin.metric('brink_runner_ends_total', { model: 'work' })).toBe(0);
  });
});

/** Opens calls on a connection of its own and resets them until the server ends it. */
function abuse(): Promise<void> {
  const abuser = new RawHttp2(origin.grpcPort);
  const open = (): void => {
    if (abuser.session.destroyed) return;
    for (let count = 0; count < 100; count += 1) {
      abuser.open('/inference.GRPCInferenceService/ModelInfer').close(constants.NGHTTP2_CANCEL);
    }
    setImmediate(open);
  };
  open();
  return new Promise((resolve) => abuser.session.on('close', resolve));
}

describe('a client that opens calls and resets them', () => {
  it('is cut off, again and again, and the others are served meanwhile', async () => {
    const served: Outcome[] = [];
    for (let round = 0; round < 10; round += 1) {
      const cutOff = abuse();
      for (let count = 0; count < 10; count += 1) {
        served.push(await origin.inferGrpc('work', { inputs: work(1, served.length) }));
      }
      await cutOff;
    }
    expect(tally(served)).toEqual({ ok: 100 });
    expect(served.map(({ values }) => values[0])).toEqual(Array.from({ length: 100 }, (_, index) => 2 * index));
    expect(await origin.truth('work')).toEqual({
      ready: true,
      grpc: 'SERVING',
      modelReady: true,
      index: 'READY',
      runners: { ready: 1 },
    });
  });
});

describe('callers who are slow on purpose, since before all of this', () => {
  it('have kept nobody waiting, and are refused when their time is over', async () => {
    expect(slow).toHaveLength(100);
    for (const { answered } of slow) {
      const answer = await answered;
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('"code":"body-timeout"');
    }
    expect((await ask(9)).values).toEqual([18]);
  });
});
