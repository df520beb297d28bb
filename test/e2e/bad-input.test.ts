import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ErrorCode } from '../../shared/errors/error-codes.js';
import { HttpClient, type WireRequest } from '../harness/http-client.js';
import {
  binary, binaryX, fourFloats, goodInfer, input, json, type Members, msgpack, x,
} from '../harness/infer-requests.js'; // prettier-ignore
import { doubleModel, echoModel, gatherModel, reshapeModel } from '../harness/onnx.js';
import { expectRefusal } from '../harness/refusals.js';
import { Stack } from '../harness/stack.js';
import { sampleTensors } from '../harness/tensors.js';
import { requestInBinary } from '../shared/protocol/request-body.js';

type Case = readonly [what: string, request: WireRequest, code: ErrorCode, says: RegExp];

const at = (model: string): string => `/v2/models/${model}/infer`;
const deep = 100_000;
const bytesOf = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);
const withNoise = (request: WireRequest, change: (bytes: Uint8Array) => Uint8Array): WireRequest => ({
  ...request,
  body: change((request.body as Uint8Array).slice()),
});
/** `{…members, "__proto__": {}}`: an object literal would set the prototype instead. */
const polluted = (members: Members): string => `${JSON.stringify(members).slice(0, -1)},"__proto__":{"a":1}}`;

const malformedJson: readonly Case[] = [
  ['a body that breaks off', json('{"inputs":[{"name":"x"'), 'malformed-json', /expected a JSON object, got text that is not JSON/],
  ['a body of nothing', json(''), 'malformed-json', /expected a JSON object, got an empty body/],
  ['bytes that are not UTF-8', json(bytesOf(0x7b, 0xff, 0x7d)), 'malformed-json', /expected JSON in UTF-8, got bytes that are not/],
  ['a byte order mark', json(bytesOf(0xef, 0xbb, 0xbf, 0x7b, 0x7d)), 'malformed-json', /without a byte order mark, got one/],
  ['NaN, which JSON does not have', json(JSON.stringify({ inputs: [x] }).replace('4]', 'NaN]')), 'malformed-json', /expected a JSON object, got text/],
  ['an array where the request should be', json([1]), 'invalid-request', /expected the request to be an object, got an array/],
  ['inputs that are no array', json({ inputs: { x } }), 'invalid-request', /expected inputs to be an array, got an object/],
  ['arrays 100,000 deep', json(`{"inputs":${'['.repeat(deep)}${']'.repeat(deep)}}`), 'json-too-deep', /at most 32 levels of nesting, got more/],
  ['objects 100,000 deep', json('{"a":'.repeat(deep)), 'json-too-deep', /at most 32 levels of nesting, got more/],
  ['a __proto__ key of the request', json(polluted({ inputs: [x] })), 'forbidden-key', /expected no key "__proto__" in a request, got one/],
  ['a __proto__ key of an input', json(`{"inputs":[${polluted(x)}]}`), 'forbidden-key', /expected no key "__proto__" in a request, got one/],
  ['a __proto__ key of parameters', json(`{"inputs":[${JSON.stringify(x)}],"parameters":${polluted({ a: 1 })}}`), 'forbidden-key', /expected no key "__proto__"/],
]; // prettier-ignore

const goodMsgpack = msgpack({ inputs: [{ ...x, data: fourFloats }] });
const malformedMsgpack: readonly Case[] = [
  ['a body that breaks off', withNoise(goodMsgpack, (bytes) => bytes.subarray(0, -3)), 'malformed-msgpack', /expected at least 16 more bytes .* got 13/],
  ['bytes after the end', withNoise(goodMsgpack, (bytes) => Uint8Array.from([...bytes, 0])), 'malformed-msgpack', /expected one value of \d+ bytes, got a body of \d+/],
  ['a body of nothing', msgpack(bytesOf()), 'malformed-msgpack', /expected at least 1 more bytes at byte 0, got 0/],
  ['the byte that msgpack never uses', msgpack(bytesOf(0xc1)), 'malformed-msgpack', /expected no extension types, got the unused byte 0xc1/],
  ['an extension type', msgpack({ inputs: [new Date(0)] }), 'malformed-msgpack', /expected no extension types, got an extension type/],
  ['a record of msgpackr', msgpack(bytesOf(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1)), 'malformed-msgpack', /expected no extension types/],
  ['a map with a number as its key', msgpack(bytesOf(0x81, 1, 1)), 'malformed-msgpack', /expected every map key to be text, got one that is not/],
  ['an array that claims 4 billion elements', msgpack(bytesOf(0xdd, 255, 255, 255, 255)), 'malformed-msgpack', /expected at least 4294967295 more bytes .* got 0/],
  ['arrays 100,000 deep', msgpack(new Uint8Array(deep).fill(0x91)), 'json-too-deep', /at most 32 levels of nesting, got more/],
  ['a __proto__ key', msgpack(bytesOf(0x81, 0xa9, ...Buffer.from('__proto__'), 0x80)), 'forbidden-key', /expected no key "__proto__"/],
  ['text that is not UTF-8', msgpack(bytesOf(0x81, 0xa1, 0x61, 0xa1, 0xff)), 'malformed-msgpack', /expected text in UTF-8, got 1 bytes that are not/],
  ['a number where the request should be', msgpack(bytesOf(7)), 'invalid-request', /expected the request to be an object, got 7/],
  ['a header of the binary extension', { ...goodMsgpack, headers: { ...goodMsgpack.headers, 'inference-header-content-length': '5' } }, 'bad-header', /expected no Inference-Header-Content-Length with a msgpack body/],
]; // prettier-ignore

const malformedBinary: readonly Case[] = [
  ['a JSON length beyond the body', binary({ inputs: [binaryX(16)] }, fourFloats, '9999'), 'bad-header', /at most the body's \d+ bytes, got 9999/],
  ['a JSON length that is no number', binary({ inputs: [binaryX(16)] }, fourFloats, '-5'), 'bad-header', /non-negative integer, got "-5"/],
  ['a JSON length within the JSON', binary({ inputs: [binaryX(16)] }, fourFloats, '20'), 'malformed-json', /expected a JSON object/],
  ['no JSON length at all', { ...binary({}, fourFloats), body: fourFloats, headers: { 'content-type': 'application/octet-stream' } }, 'bad-header', /expected an Inference-Header-Content-Length header .* got none/],
  ['fewer bytes than the sizes say', binary({ inputs: [binaryX(16)] }, fourFloats.subarray(4)), 'malformed-binary', /expected 16 bytes of binary tensors after the JSON, got 12/],
  ['more bytes than the sizes say', binary({ inputs: [binaryX(12)] }, fourFloats), 'malformed-binary', /expected 12 bytes of binary tensors after the JSON, got 16/],
  ['a size that the shape does not have', binary({ inputs: [binaryX(16, { shape: [2, 4] })] }, fourFloats), 'wrong-byte-size', /expected 32 bytes for input "x" of FP32 \[2, 4\], got 16/],
  ['a negative size', binary({ inputs: [binaryX(-16)] }, fourFloats), 'bad-parameter', /binary_data_size of input "x" to be a non-negative integer, got -16/],
  ['a size that is text', binary({ inputs: [binaryX('16')] }, fourFloats), 'bad-parameter', /to be a non-negative integer, got the text "16"/],
  ['both data and a size', binary({ inputs: [binaryX(16, { data: [1, 2, 3, 4] })] }, fourFloats), 'malformed-binary', /expected data or binary_data_size for input "x", got both/],
  ['a size without any bytes', json({ inputs: [binaryX(16)] }), 'bad-header', /expected an Inference-Header-Content-Length header with binary_data_size of input "x", got none/],
  ['a raw body of half an element', { ...binary({}, fourFloats, '0'), body: fourFloats.subarray(3) }, 'wrong-byte-size', /expected 16 bytes for input "x" .* got 13/],
  ['a raw body for a model of 13 inputs', binary({}, fourFloats, '0', at('echo')), 'invalid-request', /expected a model of 1 input for the raw form .* got one of 13/],
  ['a length of text beyond its tensor', echoed('BYTES', [9, 0, 0, 0, 65]), 'malformed-binary', /expected 13 bytes for element 0 of input "in_BYTES", got 5/],
  ['text that is not UTF-8', echoed('BYTES', [1, 0, 0, 0, 255]), 'value-out-of-range', /expected element 0 of input "in_BYTES" to be UTF-8, got 1 bytes that are not/],
  ['a BOOL that is neither 0 nor 1', echoed('BOOL', [2]), 'value-out-of-range', /expected element 0 of input "in_BOOL" to be a byte 0 or 1, got 2/],
]; // prettier-ignore

const wrongTensors: readonly Case[] = [
  ['another name', input({ name: 'y' }), 'unknown-input', /expected inputs "x", got one called "y"/],
  ['no name', input({ name: undefined }), 'invalid-request', /expected the name of an input to be a string, got nothing/],
  ['no inputs', json({ inputs: [] }), 'missing-input', /expected every input of the model, 1 in all, got 0: missing "x"/],
  ['an input twice', json({ inputs: [x, x] }), 'duplicate-name', /expected each input once, got "x" twice/],
  ['an output twice', json({ inputs: [x], outputs: [{ name: 'y' }, { name: 'y' }] }), 'duplicate-name', /expected each output once, got "y" twice/],
  ['an output that is not there', json({ inputs: [x], outputs: [{ name: 'z' }] }), 'unknown-output', /expected outputs "y", got one called "z"/],
  ['100 inputs', json({ inputs: new Array(100).fill(x) }), 'invalid-request', /expected at most 64 inputs, got 100/],
  ['another datatype', input({ datatype: 'INT64' }), 'wrong-datatype', /expected datatype FP32 for input "x", got INT64/],
  ['a datatype that onnxruntime has not', input({ datatype: 'BF16' }), 'unsupported-datatype', /to be one of BOOL .*, got "BF16"/],
  ['a datatype in lower case', input({ datatype: 'fp32' }), 'unsupported-datatype', /to be one of BOOL .*, got "fp32"/],
  ['a fixed axis of another size', input({ shape: [1, 5], data: [1, 2, 3, 4, 5] }), 'wrong-shape', /expected shape \[-1, 4\] for input "x" .* got \[1, 5\]/],
  ['an axis too few', input({ shape: [4] }), 'wrong-shape', /expected shape \[-1, 4\] for input "x" .* got \[4\]/],
  ['100 axes', input({ shape: new Array(100).fill(1) }), 'wrong-shape', /expected at most 16 axes for input "x", got 100/],
  ['a shape that is no array', input({ shape: 4 }), 'invalid-request', /expected axes in the shape of input "x" to be an array, got 4/],
  ['a negative axis', input({ shape: [-1, 4] }), 'wrong-shape', /integers from 0 to 2147483647, got -1/],
  ['a batch of nothing', input({ shape: [0, 4], data: [] }), 'wrong-shape', /expected a batch of at least 1 for input "x", got shape \[0, 4\]/],
  ['half an axis', input({ shape: [0.5, 4] }), 'wrong-shape', /integers from 0 to 2147483647, got 0.5/],
  ['an axis of 2^31', input({ shape: [2 ** 31, 4] }), 'wrong-shape', /integers from 0 to 2147483647, got 2147483648/],
  ['an axis of 1e999', json(JSON.stringify({ inputs: [x] }).replace('[1,4]', '[1e999,4]')), 'wrong-shape', /integers from 0 to 2147483647, got Infinity/],
  ['a shape whose product overflows', input({ shape: [2 ** 31 - 1, 4] }), 'wrong-element-count', /at most \d+ elements, as its body has bytes, got shape \[2147483647, 4\]/],
  ['a shape of 2^64 elements', input({ name: 'x', shape: new Array(16).fill(16) }), 'wrong-shape', /expected shape \[-1, 4\]/],
  ['too few elements', input({ data: [1, 2, 3] }), 'wrong-element-count', /expected 4 elements for input "x" of shape \[1, 4\], got 3/],
  ['too many elements', input({ data: [1, 2, 3, 4, 5] }), 'wrong-element-count', /expected 4 elements for input "x" of shape \[1, 4\], got 5/],
  ['nesting that is not the shape', input({ data: [[1, 2], [3, 4]] }), 'wrong-shape', /flat or nested to its shape \[1, 4\], with an array of 1 at axis 0, got one of 2/],
  ['an element that is text', input({ data: [1, 2, 3, '4'] }), 'value-out-of-range', /expected element 3 of input "x" .* got the text "4"/],
  ['an element that is null', input({ data: [1, 2, 3, null] }), 'value-out-of-range', /expected element 3 of input "x" .* got null/],
  ['an element beyond FP32', input({ data: [1, 2, 3, 1e39] }), 'value-out-of-range', /expected element 3 of input "x" .* got 1e\+39/],
  ['an index that the model has not', json({ inputs: [{ name: 'index', datatype: 'INT64', shape: [1], data: [9] }] }, at('gather')), 'model-rejected-input', /the model cannot work on inputs of these shapes and values/],
  ['a length that the model cannot reshape', input({ shape: [5], data: [1, 2, 3, 4, 5] }, at('reshape')), 'model-rejected-input', /the model cannot work on inputs/],
  ['text with a NUL, which onnxruntime would cut', echoed('BYTES', [1, 0, 0, 0, 0]), 'value-out-of-range', /expected BYTES elements without NUL .* got one at index 0/],
  ['a parameter that is an object', json({ inputs: [x], parameters: { a: {} } }), 'bad-parameter', /expected parameter "a" of the request to be a string, a number or a boolean, got an object/],
  ['a timeout that is text', json({ inputs: [x], parameters: { timeout: 'soon' } }), 'bad-parameter', /'timeout' to be a whole number of microseconds/],
  ['an id of 1,000 characters', json({ id: 'i'.repeat(1_000), inputs: [x] }), 'invalid-request', /expected an id of at most 256 characters .* got 1000/],
]; // prettier-ignore

/** A request to `echo` that is right but for one input, which is one element of these bytes. */
function echoed(datatype: string, bytes: readonly number[]): WireRequest {
  const tensors = sampleTensors();
  const good = requestInBinary(tensors);
  const headLength = Number(good.inferenceHeaderLength);
  const head = JSON.parse(Buffer.from(good.bytes.subarray(0, headLength)).toString()) as {
    inputs: { name: string; shape: number[]; parameters: { binary_data_size: number } }[];
  };
  let from = headLength;
  const parts = head.inputs.map((one) => {
    const part = good.bytes.subarray(from, (from += one.parameters.binary_data_size));
    if (one.name !== `in_${datatype}`) return part;
    one.shape = [1];
    one.parameters.binary_data_size = bytes.length;
    return Uint8Array.from(bytes);
  });
  return binary(head, Buffer.concat(parts), undefined, at('echo'));
}

let stack: Stack;
let digest: string;
beforeAll(async () => {
  stack = await Stack.start();
  digest = await stack.releaseTest('double', doubleModel());
  for (const [name, model] of Object.entries({ echo: echoModel(), gather: gatherModel(), reshape: reshapeModel() })) {
    await stack.releaseTest(name, model);
  }
});
afterAll(() => stack.dispose());

describe.each(['edge', 'origin'] as const)('at the %s', (tier) => {
  let client: HttpClient;
  beforeAll(() => {
    client = HttpClient.for(stack, tier);
  });
  afterAll(() => client.close());

  describe.each([
    ['JSON that is not well-formed', malformedJson],
    ['msgpack that is not well-formed', malformedMsgpack],
    ['a binary body whose framing is wrong', malformedBinary],
    ['a tensor that the model does not take', wrongTensors],
  ] as const)('%s', (_, cases) => {
    it.each(cases)('is refused: %s', async (_what, request, code, says) => {
      expectRefusal(await client.send(request), code, says);
    });

    it('leaves the next good request alone', async () => {
      const reply = await client.send(goodInfer);
      const { outputs } = JSON.parse(reply.bytes.toString()) as { outputs: unknown };
      expect(outputs).toEqual([{ name: 'y', datatype: 'FP32', shape: [1, 4], data: [2, 4, 6, 8] }]);
      expect([reply.status, reply.headers['x-brink-served-by'], reply.headers['x-brink-digest']]).toEqual([
        200,
        tier,
        digest,
      ]);
    });
  });
});

describe('inputs within the limit of a body and beyond what the edge hands to its model host', () => {
  const elements = 4_200_000; // of 8 bytes each
  const large = json(
    `{"parameters":{"binary_data_output":true},"inputs":[{"name":"index","datatype":"INT64","shape":[${elements}],"data":[${'1,'.repeat(elements - 1)}1]}]}`,
    at('gather'),
  );

  it('are refused by the edge when no other tier may take them, and do not make it doubt the model', async () => {
    const client = HttpClient.for(stack, 'edge');
    expectRefusal(await client.send(large), 'tensor-too-large', /at most 32505856 bytes at the edge, got 33600000/);
    const small = json({ inputs: [{ name: 'index', datatype: 'INT64', shape: [1], data: [3] }] }, at('gather'));
    const reply = await client.send(small);
    expect([reply.status, reply.headers['x-brink-attempts']]).toEqual([200, 'edge:ok']);
    client.close();
  });

  it('are answered by the origin otherwise', async () => {
    const client = new HttpClient(stack.edge.url);
    const reply = await client.send(large);
    expect([reply.status, reply.headers['x-brink-served-by']]).toEqual([200, 'origin']);
    expect(reply.headers['x-brink-attempts']).toBe('edge:tensor-too-large, origin:ok');
    client.close();
  });
});
