import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WireBody } from '../../shared/protocol/codec.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { echoModel } from '../harness/onnx.js';
import { seededRandom } from '../harness/random.js';
import { ask, type Reply, Stack } from '../harness/stack.js';
import { readTensors } from '../harness/wire.js';
import { finiteTensor, randomTensor } from '../shared/protocol/random-tensor.js';
import { binaryBody, requestInBinary, requestInJson, requestInMsgpack } from '../shared/protocol/request-body.js';

const tiers = ['edge', 'origin'] as const;
const echo = echoModel();
let stack: Stack;
let digest: string;

beforeAll(async () => {
  stack = await Stack.start();
  digest = await stack.releaseTest('echo', echo);
});
afterAll(() => stack.dispose());

/** Straight to the origin with its key, or to the edge with the tier forced. */
function infer(tier: 'edge' | 'origin', body: WireBody, extra: Record<string, string> = {}): Promise<Reply> {
  const length = body.inferenceHeaderLength;
  const framing: Record<string, string> = length === undefined ? {} : { 'inference-header-content-length': length };
  const headers = { 'content-type': body.contentType, ...framing, ...extra };
  return ask(`${stack.edge.url}/v2/models/echo/infer`, { body: body.bytes, headers, serveOn: tier });
}

function allInBinary(inputs: readonly Tensor[]): WireBody {
  const request = requestInBinary(inputs);
  const length = Number(request.inferenceHeaderLength);
  const json = JSON.parse(new TextDecoder().decode(request.bytes.slice(0, length))) as object;
  return binaryBody({ ...json, parameters: { binary_data_output: true } }, [request.bytes.slice(length)]);
}

const flat = (tensor: Tensor): Tensor => ({ ...tensor, shape: [tensor.shape.reduce((a, b) => a * b, 1)] });
const withoutNul = (tensor: Tensor): Tensor =>
  ArrayBuffer.isView(tensor.data) ? tensor : { ...tensor, data: tensor.data.map((text) => text.replaceAll('\0', '?')) };
const inputsOf = (random: () => number, finite: boolean): Tensor[] =>
  echo.signature.inputs.map(({ name, datatype }) => {
    // onnxruntime's native strings end at NUL: the origin says so, see the test of the engine.
    const tensor = withoutNul(flat(randomTensor(name, datatype, random)));
    return finite ? finiteTensor(tensor) : tensor;
  });

describe.each(tiers)('the same V2 request, answered at the %s', (tier) => {
  it('gives the same tensors to the bit in JSON, the binary extension and msgpack, in every datatype', async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 4; round += 1) {
      const inputs = inputsOf(random, true);
      for (const body of [requestInJson(inputs), allInBinary(inputs), requestInMsgpack(inputs)]) {
        const reply = await infer(tier, body);
        const said = new TextDecoder().decode(reply.bytes).slice(0, 200);
        expect([reply.status, reply.servedBy, reply.digest], said).toEqual([200, tier, digest]);
        const outputs = readTensors(reply);
        expect(outputs.map(({ data }) => data)).toEqual(inputs.map(({ data }) => data));
        expect(outputs.map(({ shape }) => shape)).toEqual(inputs.map(({ shape }) => shape));
      }
    }
  });

  it('keeps NaN payloads and infinities in the binary extension and msgpack', async () => {
    const inputs = inputsOf(seededRandom(8), false);
    for (const body of [allInBinary(inputs), requestInMsgpack(inputs)]) {
      const reply = await infer(tier, body);
      expect([reply.status, reply.servedBy, reply.digest]).toEqual([200, tier, digest]);
      const bits = (tensors: readonly Tensor[]) =>
        tensors.map(({ data }) =>
          ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : data,
        );
      expect(bits(readTensors(reply))).toEqual(bits(inputs));
    }
  });

  it('refuses NaN in a JSON answer and names the binary form, without a 5xx', async () => {
    const inputs = inputsOf(seededRandom(8), false);
    const reply = await infer(tier, requestInBinary(inputs));
    expect([reply.status, reply.code]).toEqual([400, 'not-a-number']);
    expect(reply.json()['error']).toMatch(/binary/);
  });

  it('takes gzip and deflate request bodies', async () => {
    const inputs = inputsOf(seededRandom(9), true);
    const body = allInBinary(inputs);
    for (const encoding of ['gzip', 'deflate'] as const) {
      const stream = new Blob([body.bytes as Uint8Array<ArrayBuffer>])
        .stream()
        .pipeThrough(new CompressionStream(encoding));
      const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
      const reply = await infer(tier, { ...body, bytes }, { 'content-encoding': encoding });
      expect([reply.status, reply.servedBy, reply.digest]).toEqual([200, tier, digest]);
      expect(readTensors(reply).map(({ data }) => data)).toEqual(inputs.map(({ data }) => data));
    }
  });

  it('has every header of an answer, and passes the request id and the trace on', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const reply = await infer(tier, requestInJson(inputsOf(seededRandom(1), true)), {
      'x-request-id': 'abc-1',
      traceparent,
    });
    const header = (name: string) => reply.headers.get(name);
    expect(header('x-brink-model')).toBe('echo');
    expect(header('x-brink-version')).toBe('v1');
    expect(Number(header('x-brink-epoch'))).toBeGreaterThan(0);
    expect(header('server-timing')).toMatch(new RegExp(`^${tier};dur=[\\d.]+, total;dur=`));
    expect(header('cache-control')).toBe('no-store');
    expect(header('x-request-id')).toBe('abc-1');
    expect(header('traceparent')).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-01$/);
    if (tier === 'origin') await expect.poll(() => stack.originLines.some((line) => line.includes('abc-1'))).toBe(true);
    else expect(stack.originLines.some((line) => line.includes('abc-1'))).toBe(false);
  });
});
