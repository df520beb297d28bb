import { describe, expect, it } from 'vitest';
import type { Caller, Engine, Target } from '../../../shared/engine/engine.js';
import { handlerRegistry } from '../../../shared/handler/handler.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Call, InferCodec } from '../../../shared/serve/call.js';
import { deadlineOn, runCall } from '../../../shared/serve/run-call.js';
import { Deadline } from '../../../shared/time/deadline.js';
import { jsonBody } from '../protocol/request-body.js';

const vector = (name: string) => ({ name, datatype: 'FP32' as const, shape: [-1] });
const target: Target = {
  version: 'v1',
  digest: 'd'.repeat(64),
  manifest: {
    schema: 1,
    model: 'm',
    graphs: {
      main: {
        model: { sha256: 'a'.repeat(64), bytes: 1 },
        externalData: {},
        signature: { inputs: [vector('x')], outputs: [vector('y'), vector('z')] },
      },
    },
    inferGraph: 'main',
    handler: { name: 'h', version: 1 },
    files: {},
    settings: {},
    placement: { tiers: ['edge'] },
    batching: null,
    deadlineMs: 50,
  },
};
const clock = { now: () => 0 };

function setUp() {
  const budgets: number[] = [];
  const callers: (Caller | undefined)[] = [];
  const engine: Engine = {
    infer: (_, { inputs: [x] }, deadline, caller) => {
      budgets.push(deadline.budgetMs);
      callers.push(caller);
      const shape = x?.shape ?? [];
      const data = x?.data ?? [];
      return Promise.resolve([
        { name: 'y', datatype: 'FP32', shape, data },
        { name: 'z', datatype: 'FP32', shape, data },
      ]);
    },
    predict: (_, input, deadline, caller) => {
      budgets.push(deadline.budgetMs);
      callers.push(caller);
      return Promise.resolve({ type: input.contentType, ...input.parameters });
    },
    prefetch: () => Promise.resolve(),
    residency: () => 'ready',
  };
  const handler = { name: 'h', version: 1, accepts: ['image/png'], predict: () => Promise.resolve(null) };
  const run = (call: Partial<Call>, manifest = {}) =>
    runCall(
      { kind: 'infer', model: 'm', version: undefined, body: jsonBody({}), parameters: {}, accept: undefined, requestId: 'r', traceparent: 't', key: '',
        forcedTier: undefined, noFallback: false,
  priority: 0, pin: undefined, seenEpoch: 0, deadline: new Deadline(clock, 1_000), deadlineGiven: false, ...call },
      { ...target, manifest: { ...target.manifest, ...manifest } },
      { engine, limits: defaultLimits, handlers: handlerRegistry([handler]) },
    ).then(({ bytes, contentType }) => ({ contentType, json: JSON.parse(new TextDecoder().decode(bytes)) as unknown })); // prettier-ignore
  return { run, budgets, callers };
}

const x = { name: 'x', datatype: 'FP32', shape: [2], data: [1, 2] };

describe('running a call', () => {
  it('answers the outputs that were asked for, in that order, with model, version and id', async () => {
    const { run } = setUp();
    const { json } = await run({ body: jsonBody({ id: 'q', inputs: [x], outputs: [{ name: 'z' }] }) });
    expect(json).toEqual({
      model_name: 'm',
      model_version: 'v1',
      id: 'q',
      outputs: [{ name: 'z', datatype: 'FP32', shape: [2], data: [1, 2] }],
    });
  });

  it("gives the version's own deadline to who names none, the caller's to who does, and lets `timeout` shorten it", async () => {
    const { run, budgets } = setUp();
    await run({ body: jsonBody({ inputs: [x] }) });
    await run({ body: jsonBody({ inputs: [x] }), deadlineGiven: true });
    await run({ body: jsonBody({ inputs: [x], parameters: { timeout: 20_000 } }) });
    await run({ body: jsonBody({ inputs: [x], parameters: { timeout: 0 } }) });
    expect(budgets).toEqual([50, 1_000, 20, 50]);
    expect(deadlineOn({ deadline: new Deadline(clock, 10), deadlineGiven: false } as Call, target).budgetMs).toBe(10);
  });

  it.each([-1, 1.5, 'soon', true])('refuses a timeout of %j', async (timeout) => {
    const { run } = setUp();
    await expect(run({ body: jsonBody({ inputs: [x], parameters: { timeout } }) })).rejects.toMatchObject({
      code: 'bad-parameter',
    });
  });

  it('tells the engine the priority, of the parameter before that of the header, and when the caller leaves', async () => {
    const { run, callers } = setUp();
    const { signal } = new AbortController();
    await run({ body: jsonBody({ inputs: [x] }) });
    await run({ body: jsonBody({ inputs: [x] }), priority: 3, signal });
    await run({ body: jsonBody({ inputs: [x], parameters: { priority: 1 } }), priority: 3 });
    await run({ body: jsonBody({ inputs: [x], parameters: { priority: 0 } }), priority: 3 });
    await run({ kind: 'predict', body: { contentType: '', inferenceHeaderLength: undefined, bytes: new Uint8Array() }, priority: 2, signal }); // prettier-ignore
    expect(callers).toEqual([
      { priority: 0 },
      { priority: 3, signal },
      { priority: 1 },
      { priority: 0 },
      { priority: 2, signal },
    ]);
  });

  it.each([-1, 1.5, 2 ** 31 + 1, 'high', true])('refuses a priority of %j', async (priority) => {
    const { run } = setUp();
    await expect(run({ body: jsonBody({ inputs: [x], parameters: { priority } }) })).rejects.toMatchObject({
      code: 'bad-parameter',
      message: expect.stringContaining('from 0 to 2147483648, got') as string,
    });
  });

  it("reads and writes with the call's own codec, and writes after the run", async () => {
    const { run, callers } = setUp();
    const said: string[] = [];
    const bytes = new TextEncoder().encode('"encoded"');
    const codec: InferCodec = {
      decode(signature) {
        said.push(`decode ${signature.outputs.length} after ${callers.length}`);
        return { id: 'c', parameters: {}, inputs: [], outputs: [{ name: 'y', parameters: {} }] };
      },
      encode({ id, outputs }, request) {
        said.push(`encode ${id ?? ''} ${outputs.length} of ${request.outputs?.length ?? 0} after ${callers.length}`);
        return { contentType: 'x/y', inferenceHeaderLength: undefined, bytes };
      },
    };
    expect(await run({ codec })).toEqual({ contentType: 'x/y', json: 'encoded' });
    expect(said).toEqual(['decode 2 after 0', 'encode c 1 of 1 after 1']);
  });

  it('refuses an answer that nobody takes before it is made', async () => {
    const { run, callers } = setUp();
    await expect(run({ body: jsonBody({ inputs: [x] }), accept: 'image/png' })).rejects.toMatchObject({
      code: 'not-acceptable',
    });
    expect(callers).toEqual([]);
  });

  it('gives the handler the media types it takes, plain bytes and the query, and refuses others by name', async () => {
    const { run } = setUp();
    const predict = (contentType: string) =>
      run({
        kind: 'predict',
        parameters: { detail: 'all' },
        body: { contentType, inferenceHeaderLength: undefined, bytes: new Uint8Array(1) },
      });
    expect((await predict('image/png')).json).toEqual({ type: 'image/png', detail: 'all' });
    expect((await predict('application/octet-stream')).contentType).toBe('application/json');
    expect((await predict('')).json).toMatchObject({ type: '' });
    await expect(predict('text/html')).rejects.toMatchObject({
      code: 'unsupported-media-type',
      message: /image\/png.*text\/html/,
    });
  });

  it('says how a model is reached that has no handler, or no tensors', async () => {
    const { run } = setUp();
    await expect(run({ kind: 'predict' }, { handler: null })).rejects.toMatchObject({ code: 'no-handler' });
    await expect(run({}, { inferGraph: null })).rejects.toMatchObject({ code: 'no-tensor-signature' });
  });
});
