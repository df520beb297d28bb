import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Datatype, datatypes } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { binary, binaryX, fourFloats, inferPath, input, json, x } from '../harness/infer-requests.js';
import { doubleModel, echoModel } from '../harness/onnx.js';
import { expectRefusal } from '../harness/refusals.js';
import type { Stack } from '../harness/stack.js';
import { sampleTensors } from '../harness/tensors.js';
import { finiteTensor } from '../shared/protocol/random-tensor.js';
import { elementsInJson } from '../shared/protocol/request-body.js';
import { bytesOfTensor } from '../../shared/protocol/binary-data.js';
import { conformanceStack, RestClient, type RestReply, tiers } from './rest-client.js';

const echoPath = '/v2/models/echo/infer';
const octets = { 'content-type': 'application/octet-stream' };
let stack: Stack;

beforeAll(async () => {
  stack = await conformanceStack();
  await stack.releaseTest('double', doubleModel());
  await stack.releaseTest('echo', echoModel());
});
afterAll(() => stack.dispose());

const tensors = sampleTensors().map(finiteTensor);
const headOf = ({ name, datatype, shape }: Tensor) => ({ name, datatype, shape });
const outputOf = (datatype: Datatype): string => `out_${datatype}`;

interface Output {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly data?: unknown[];
  readonly parameters?: { readonly binary_data_size: number };
}

/** JSON and the bytes after it, by the header alone. */
function partsOf(reply: RestReply): { outputs: Output[]; tail: Buffer } {
  const length = reply.headers['inference-header-content-length'];
  const jsonBytes = length === undefined ? reply.bytes.length : Number(length);
  const { outputs } = JSON.parse(reply.bytes.subarray(0, jsonBytes).toString()) as { outputs: Output[] };
  return { outputs, tail: reply.bytes.subarray(jsonBytes) };
}

describe.each(tiers)('V2 REST infer at the %s', (tier) => {
  let client: RestClient;
  beforeAll(() => {
    client = new RestClient(stack, tier);
  });
  afterAll(() => client.close());

  it('answers name, version, id and every output, flat', async () => {
    const reply = await client.send(json({ id: 'request-7', inputs: [x] }));
    expect(reply.status).toBe(200);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.headers['inference-header-content-length']).toBeUndefined();
    expect(reply.json()).toEqual({
      model_name: 'double',
      model_version: 'v1',
      id: 'request-7',
      outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 4], data: [2, 4, 6, 8] }],
    });
    expect(reply.headers['x-brink-served-by']).toBe(tier);
  });

  it('has no id where none was given, and takes the version in the path', async () => {
    const reply = await client.send(json({ inputs: [x] }, '/v2/models/double/versions/v1/infer'));
    expect(reply.json()).not.toHaveProperty('id');
    expect(reply.json()['model_version']).toBe('v1');
  });

  it('takes data flat and nested to the shape', async () => {
    const flat = await client.send(input({ shape: [2, 4], data: [1, 2, 3, 4, 5, 6, 7, 8] }));
    const nested = await client.send(input({ shape: [2, 4], data: [[1, 2, 3, 4], [5, 6, 7, 8]] })); // prettier-ignore
    expect(flat.json()['outputs']).toMatchObject([{ shape: [2, 4], data: [2, 4, 6, 8, 10, 12, 14, 16] }]);
    expect(nested.json()['outputs']).toEqual(flat.json()['outputs']);
  });

  it.each(datatypes)('takes and gives %s in JSON, to the digit', async (datatype) => {
    const inputs = tensors.map((tensor) => `${JSON.stringify(headOf(tensor)).slice(0, -1)},"data":[${elementsInJson(tensor).join(',')}]}`); // prettier-ignore
    const body = `{"inputs":[${inputs.join(',')}],"outputs":[{"name":"${outputOf(datatype)}"}]}`;
    const reply = await client.send(json(body, echoPath));
    const own = tensors.find((tensor) => tensor.datatype === datatype);
    expect(own).toBeDefined();
    // As text, because the digits of 64-bit integers and the sign of zero are lost to a parser.
    const data = /"data":(\[.*\])\}\]\}$/s.exec(reply.bytes.toString())?.[1];
    expect([reply.status, data]).toEqual([200, own && `[${elementsInJson(own).map((text) => printed(datatype, text)).join(',')}]`]); // prettier-ignore
  });

  it.each(datatypes)('takes and gives %s as bytes, to the bit', async (datatype) => {
    const parts = tensors.map(bytesOfTensor);
    const inputs = tensors.map((tensor, at) => ({ ...headOf(tensor), parameters: { binary_data_size: parts[at]?.length } })); // prettier-ignore
    const outputs = [{ name: outputOf(datatype), parameters: { binary_data: true } }];
    const reply = await client.send(binary({ inputs, outputs }, Buffer.concat(parts), undefined, echoPath));
    const expected = Buffer.from(parts[datatypes.indexOf(datatype)] ?? []);
    const { outputs: [output], tail } = partsOf(reply); // prettier-ignore
    expect(reply.headers['content-type']).toBe('application/octet-stream');
    expect(output).toMatchObject({ datatype, parameters: { binary_data_size: expected.length } });
    expect(output).not.toHaveProperty('data');
    expect(tail.equals(expected)).toBe(true);
  });

  it('mixes JSON and bytes in one request and in one answer, the bytes in order', async () => {
    const sent = ['BOOL', 'INT64', 'BYTES'];
    const inputs = tensors.map((tensor) =>
      sent.includes(tensor.datatype)
        ? { ...headOf(tensor), parameters: { binary_data_size: bytesOfTensor(tensor).length } }
        : { ...headOf({ ...tensor, shape: [1] }), data: [tensor.datatype === 'FP32' ? 0.5 : 1] },
    );
    const tail = Buffer.concat(tensors.filter(({ datatype }) => sent.includes(datatype)).map(bytesOfTensor));
    const outputs = [
      { name: 'out_BYTES', parameters: { binary_data: true } },
      { name: 'out_FP32', parameters: { binary_data: false } },
      { name: 'out_BOOL' },
    ];
    const reply = await client.send(binary({ parameters: { binary_data_output: true }, inputs, outputs }, tail, undefined, echoPath)); // prettier-ignore
    const answered = partsOf(reply);
    expect(answered.outputs.map(({ name }) => name)).toEqual(['out_BYTES', 'out_FP32', 'out_BOOL']);
    expect(answered.outputs[1]).toMatchObject({ data: [0.5] });
    const ofType = (datatype: Datatype): Uint8Array => {
      const found = tensors.find((tensor) => tensor.datatype === datatype);
      return found === undefined ? new Uint8Array() : bytesOfTensor(found);
    };
    expect(answered.tail.equals(Buffer.concat([ofType('BYTES'), ofType('BOOL')]))).toBe(true);
  });

  it('takes the raw form, and answers it in bytes', async () => {
    const headers = { ...octets, 'inference-header-content-length': '0' };
    const reply = await client.send({ path: inferPath, body: fourFloats, headers });
    const { outputs, tail } = partsOf(reply);
    expect(outputs).toMatchObject([{ name: 'y', shape: [1, 4], parameters: { binary_data_size: 16 } }]);
    expect([...new Float32Array(new Uint8Array(tail).buffer)]).toEqual([2, 4, 6, 8]);
  });

  it.each([
    ['another byte than promised', binary({ inputs: [binaryX(15)] }, fourFloats), 'malformed-binary'],
    ['bytes of another tensor', binary({ inputs: [binaryX(16, { shape: [2, 4] })] }, fourFloats), 'wrong-byte-size'],
    ['bytes and data', binary({ inputs: [{ ...binaryX(16), data: [1, 2, 3, 4] }] }, fourFloats), 'malformed-binary'],
    ['a header beyond the body', binary({ inputs: [binaryX(16)] }, fourFloats, '100000'), 'bad-header'],
    ['too few elements', input({ data: [1, 2, 3] }), 'wrong-element-count'],
    ['ragged rows', input({ shape: [2, 4], data: [[1, 2, 3, 4], [5]] }), 'wrong-shape'],
    ['another shape', input({ shape: [1, 5], data: [1, 2, 3, 4, 5] }), 'wrong-shape'],
    ['another datatype', input({ datatype: 'FP64' }), 'wrong-datatype'],
    ['a datatype that is none', input({ datatype: 'FP8' }), 'unsupported-datatype'],
    ['text for a number', input({ data: [1, 2, 3, 'four'] }), 'value-out-of-range'],
    ['no inputs', json({ inputs: [] }), 'missing-input'],
    ['another input', json({ inputs: [x, { ...x, name: 'z' }] }), 'unknown-input'],
    ['an input twice', json({ inputs: [x, x] }), 'duplicate-name'],
    ['another output', json({ inputs: [x], outputs: [{ name: 'z' }] }), 'unknown-output'],
    ['no JSON', json('{"inputs":'), 'malformed-json'],
    ['a batch of nothing', input({ shape: [0, 4], data: [] }), 'wrong-shape'],
    ['another model', json({ inputs: [x] }, '/v2/models/nothing/infer'), 'unknown-model'],
    ['another version', json({ inputs: [x] }, '/v2/models/double/versions/v9/infer'), 'unknown-version'],
    [
      'a media type that is none of ours',
      { ...json({ inputs: [x] }), headers: { 'content-type': 'text/html' } },
      'unsupported-media-type',
    ],
    [
      'an encoding that is none of ours',
      { ...json({ inputs: [x] }), headers: { 'content-encoding': 'br' } },
      'unsupported-encoding',
    ],
    [
      'an answer that is none of ours',
      { ...json({ inputs: [x] }), headers: { accept: 'image/png' } },
      'not-acceptable',
    ],
  ] as const)('refuses %s', async (_, request, code) => {
    expectRefusal(await client.send(request), code, /^expected|^no |^model |not/);
  });
});

/** How an element of this type is answered: what was rounded on the way in comes back as the number that it became. */
function printed(datatype: Datatype, text: string): string {
  if (datatype !== 'FP32' && datatype !== 'FP64' && datatype !== 'FP16') return text;
  return Object.is(Number(text), -0) ? '-0.0' : String(Number(text));
}
