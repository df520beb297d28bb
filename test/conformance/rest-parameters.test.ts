import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inferPath, json, x } from '../harness/infer-requests.js';
import { doubleModel, echoModel, slowModel } from '../harness/onnx.js';
import { expectRefusal } from '../harness/refusals.js';
import type { Stack } from '../harness/stack.js';
import { conformanceStack, RestClient, tiers } from './rest-client.js';

let stack: Stack;
beforeAll(async () => {
  stack = await conformanceStack();
  await stack.releaseTest('double', doubleModel());
  await stack.releaseTest('echo', echoModel());
  await stack.releaseTest('slow', slowModel());
});
afterAll(() => stack.dispose());

const infer = (parameters: object, outputs?: object) => json({ inputs: [x], parameters, outputs });

describe.each(tiers)('V2 REST at the %s: the parameter', (tier) => {
  let client: RestClient;
  beforeAll(() => {
    client = new RestClient(stack, tier);
  });
  afterAll(() => client.close());

  it('timeout, in microseconds, refuses what cannot be finished in it; 0 and enough are no matter', async () => {
    const steps = { name: 'steps', datatype: 'INT64', shape: [1], data: [1] };
    const slow = (timeout: number) => json({ inputs: [steps], parameters: { timeout } }, '/v2/models/slow/infer');
    expectRefusal(await client.send(slow(1)), 'deadline-exceeded', /the deadline of [\d.]+ ms passed while/);
    expect((await client.send(infer({ timeout: 0 }))).status).toBe(200);
    expect((await client.send(infer({ timeout: 20_000_000 }))).status).toBe(200);
    for (const timeout of [-1, 1.5, 'soon', true]) {
      expectRefusal(await client.send(infer({ timeout })), 'bad-parameter', /'timeout' to be a whole number of micro/);
    }
  });

  it('priority is a whole number, as is its header', async () => {
    for (const priority of [0, 1, 2, 2 ** 31]) expect((await client.send(infer({ priority }))).status).toBe(200);
    for (const priority of [-1, 1.5, 2 ** 31 + 1, 'high', true]) {
      expectRefusal(
        await client.send(infer({ priority })),
        'bad-parameter',
        /'priority' to be a whole number from 0 to/,
      );
    }
    const request = infer({});
    const withHeader = (text: string) => ({ ...request, headers: { ...request.headers, 'x-brink-priority': text } });
    expect((await client.send(withHeader('1'))).status).toBe(200);
    expectRefusal(await client.send(withHeader('first')), 'bad-header', /x-brink-priority to be a whole number/);
  });

  it('of another name is taken as it is, and one that is no value is refused', async () => {
    const others = { sequence_id: '18446744073709551615', triton_enable_empty_final_response: true, mine: 1.5 };
    expect((await client.send(infer(others))).status).toBe(200);
    expectRefusal(
      await client.send(infer({ mine: [1] })),
      'bad-parameter',
      /a string, a number or a boolean, got an array/,
    );
    expectRefusal(await client.send(infer({ binary_data_output: 'yes' })), 'bad-parameter', /to be a boolean/);
  });

  it('classification answers the highest values and their places, as text, in JSON and in bytes', async () => {
    const input = { ...x, shape: [2, 4], data: [1, 4, 3, 2, 0.05, -1, 0, 0.05] };
    const ask = (k: unknown, more: object = {}) =>
      client.send(json({ inputs: [input], outputs: [{ name: 'y', parameters: { classification: k, ...more } }] }));
    expect((await ask(2)).json()['outputs']).toEqual([
      { name: 'y', datatype: 'BYTES', shape: [2, 2], data: ['8:1', '6:2', '0.1:0', '0.1:3'] },
    ]);
    expect((await ask(9)).json()['outputs']).toMatchObject([{ shape: [2, 4] }]);
    const bytes = await ask(1, { binary_data: true });
    const jsonLength = Number(bytes.headers['inference-header-content-length']);
    expect(bytes.bytes.subarray(jsonLength).toString('latin1')).toBe('\x03\0\0\x008:1\x05\0\0\x000.1:0');
    for (const k of [0, -1, 1.5, 'two', true]) {
      expectRefusal(await ask(k), 'bad-parameter', /classification of output "y" to be a whole number of at least 1/);
    }
  });

  it('classification is for numbers alone', async () => {
    const inputs = [{ ...x, name: 'in_BYTES', datatype: 'BYTES', shape: [1], data: ['a'] }];
    const others = ['BOOL', 'UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64', 'FP16', 'FP32', 'FP64']; // prettier-ignore
    const numbers = others.map((datatype) => ({ name: `in_${datatype}`, datatype, shape: [3], data: [0, 1, 1] }));
    const ask = (name: string) =>
      client.send(json({ inputs: [...inputs, ...numbers], outputs: [{ name, parameters: { classification: 2 } }] }, '/v2/models/echo/infer')); // prettier-ignore
    for (const name of ['out_BYTES', 'out_BOOL']) {
      expectRefusal(await ask(name), 'bad-parameter', /expected an output of numbers for a classification/);
    }
    for (const datatype of others.slice(1)) {
      expect((await ask(`out_${datatype}`)).json()['outputs']).toMatchObject([{ shape: [2], data: ['1:1', '1:2'] }]);
    }
  });
});

const rows = 64;
const large = JSON.stringify({ inputs: [{ ...x, shape: [rows, 4], data: Array(4 * rows).fill(1.25) }] });
const decoders = { gzip: gunzipSync, deflate: inflateSync } as const;
const encoders = { gzip: gzipSync, deflate: deflateSync } as const;

describe.each(tiers)('V2 REST at the %s: compression', (tier) => {
  let client: RestClient;
  beforeAll(() => {
    client = new RestClient(stack, tier);
  });
  afterAll(() => client.close());

  const ask = (body: string | Uint8Array, headers: Record<string, string>) =>
    client.send({ path: inferPath, body, headers: { 'content-type': 'application/json', ...headers } });

  it.each(['gzip', 'deflate'] as const)('is %s both ways where it is asked for', async (encoding) => {
    const plain = await ask(large, {});
    const reply = await ask(encoders[encoding](large), { 'content-encoding': encoding, 'accept-encoding': encoding });
    expect([reply.status, reply.headers['content-encoding']]).toEqual([200, encoding]);
    expect(reply.headers.vary).toMatch(/accept-encoding/i);
    expect(reply.bytes.length).toBeLessThan(plain.bytes.length);
    expect(decoders[encoding](reply.bytes).equals(plain.bytes)).toBe(true);
  });

  it('leaves the length of the JSON that of the decoded body', async () => {
    const body = JSON.stringify({ ...(JSON.parse(large) as object), parameters: { binary_data_output: true } });
    const reply = await ask(body, { 'accept-encoding': 'gzip' });
    const decoded = gunzipSync(reply.bytes);
    const length = Number(reply.headers['inference-header-content-length']);
    const head = JSON.parse(decoded.subarray(0, length).toString()) as object;
    expect(head).toMatchObject({ outputs: [{ parameters: { binary_data_size: 16 * rows } }] });
    expect(decoded.length - length).toBe(16 * rows);
  });

  it.each([
    [{}, undefined],
    [{ 'accept-encoding': 'identity' }, undefined],
    [{ 'accept-encoding': 'gzip;q=0' }, undefined],
    [{ 'accept-encoding': 'gzip;q=0.1, deflate;q=0.9' }, 'deflate'],
    [{ 'accept-encoding': 'gzip, deflate' }, 'gzip'],
  ] as [Record<string, string>, string | undefined][])('with %j is %s', async (headers, expected) => {
    const reply = await ask(large, headers);
    expect([reply.status, reply.headers['content-encoding']]).toEqual([200, expected]);
  });

  it('is none of a small answer, of a refusal, and in an encoding that is not ours', async (context) => {
    if (tier === 'edge') context.skip('the network in front of a Worker compresses by itself what it likes to');
    const of = async (body: string, encoding: string) => {
      const { status, headers } = await ask(body, { 'accept-encoding': encoding });
      return [status, headers['content-encoding']];
    };
    expect(await of(JSON.stringify({ inputs: [x] }), 'gzip')).toEqual([200, undefined]);
    expect(await of('{', 'gzip')).toEqual([400, undefined]);
    expect(await of(large, 'br')).toEqual([200, undefined]);
  });
});
