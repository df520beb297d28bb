import { join } from 'node:path';
import { unpack } from 'msgpackr';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeInferRequest } from '../../../shared/protocol/codec.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Signature, Tensor, TensorSpec } from '../../../shared/protocol/tensor.js';
import { seededRandom } from '../../../scripts/seeded-random.js';
import type { LoadBody } from '../../../scripts/load/load-plan.js';
import { binaryHeadLength } from '../../../scripts/load/traffic/binary-head.js';
import { encodeV2Request } from '../../../scripts/load/traffic/encode-request.js';
import { generateTensors } from '../../../scripts/load/traffic/generate-tensors.js';
import { bodiesAsTheyAre, bodiesInProtocol } from '../../../scripts/load/traffic/make-bodies.js';
import { readTraffic } from '../../../scripts/load/traffic/read-traffic.js';
import { folderOf, removeFolder } from '../model-folder.js';

const spec = (name: string, datatype: TensorSpec['datatype'], shape: number[]): TensorSpec => ({
  name,
  datatype,
  shape,
});
const signature: Signature = {
  inputs: [spec('x', 'FP32', [-1, 2]), spec('n', 'INT64', [-1, 1]), spec('ok', 'BOOL', [-1, 2])],
  outputs: [spec('y', 'FP32', [-1, 2])],
};
const tensors: Tensor[] = [
  { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(0.5, -2) },
  { name: 'n', datatype: 'INT64', shape: [1, 1], data: BigInt64Array.of(9_007_199_254_740_993n) },
  { name: 'ok', datatype: 'BOOL', shape: [1, 2], data: Uint8Array.of(1, 0) },
];
const ref = { model: 'm', version: 'v1' };

const decode = ({ bytes, headers = {} }: LoadBody): readonly Tensor[] =>
  decodeInferRequest(
    {
      bytes,
      contentType: headers['content-type'] ?? '',
      inferenceHeaderLength: headers['inference-header-content-length'],
    },
    signature,
    defaultLimits,
  ).inputs;

describe('a V2 request for a load', () => {
  it.each(['json', 'binary', 'msgpack'] as const)('says the same tensors as %s', (protocol) => {
    expect(decode(encodeV2Request(tensors, protocol, ref))).toEqual(tensors);
  });

  it('asks for binary answers as binary', () => {
    const { bytes, headers = {} } = encodeV2Request(tensors, 'binary', ref);
    const head = Buffer.from(bytes).toString('latin1', 0, Number(headers['inference-header-content-length']));
    expect(JSON.parse(head)).toMatchObject({ parameters: { binary_data_output: true } });
  });

  it('carries its tensors raw as msgpack', () => {
    const { inputs } = unpack(encodeV2Request(tensors, 'msgpack', ref).bytes) as { inputs: { data: Uint8Array }[] };
    expect(inputs.map(({ data }) => data.byteLength)).toEqual([8, 8, 2]);
  });

  it('is a ModelInferRequest with raw contents as gRPC', () => {
    const one = [{ name: 'x', datatype: 'FP32', shape: [1, 200], data: Float32Array.of(1) }] as const;
    const bytes = Buffer.from(encodeV2Request(one, 'grpc', ref).bytes);
    // fields 1 and 2 (text), 5 (a tensor: 1 and 2 text, 3 packed varints 1 and 200), 7 (bytes)
    expect(bytes.toString('hex')).toBe(
      '0a016d' + '12027631' + '2a0e' + '0a0178' + '120446503332' + '1a0301c801' + '3a040000803f',
    );
  });
});

describe('tensors by chance', () => {
  const by = (specs: TensorSpec[], shapes: [string, number[]][] = [], seed = 1): Tensor[] =>
    generateTensors(specs, new Map(shapes), seededRandom(seed));

  it('fit the signature, an open first axis as 1, and are the same for the same seed', () => {
    const made = by(signature.inputs);
    expect(made.map(({ shape }) => shape)).toEqual([
      [1, 2],
      [1, 1],
      [1, 2],
    ]);
    expect(decode(encodeV2Request(made, 'json', ref))).toEqual(made);
    expect(made).toEqual(by(signature.inputs));
    expect(made).not.toEqual(by(signature.inputs, [], 2));
  });

  it('need a shape for another open axis, and say how to give it', () => {
    expect(() => by([spec('x', 'FP32', [-1, 3, 48, -1])])).toThrow(
      'input "x" takes [-1, 3, 48, -1], and only a first axis may be left to chance: give --traffic, or a shape like --shape x=1,3,48,32',
    );
    expect(by([spec('x', 'FP32', [-1, 3, 48, -1])], [['x', [2, 3, 48, 320]]])[0]?.data).toHaveLength(2 * 3 * 48 * 320);
  });

  it('are refused for a shape that does not fit, an input that is not there, text, and too many elements', () => {
    expect(() => by([spec('x', 'FP32', [-1, 3])], [['x', [1, 4]]])).toThrow('takes [-1, 3] (-1: any), got [1, 4]');
    expect(() => by([spec('x', 'FP32', [-1, 3])], [['z', [1, 3]]])).toThrow('the model has no input "z"; it has x');
    expect(() => by([spec('t', 'BYTES', [1])])).toThrow('takes text, which cannot be made by chance: give --traffic');
    expect(() => by([spec('x', 'FP32', [-1])], [['x', [64_000_001]]])).toThrow(
      'at most 64000000 elements, got 64000001',
    );
  });
});

describe('traffic from files', () => {
  let folder: string;
  const binary = encodeV2Request(tensors, 'binary', ref);
  const request = JSON.stringify({
    inputs: [
      { name: 'x', datatype: 'FP32', shape: [1, 2], data: [0.5, -2] },
      { name: 'n', datatype: 'INT64', shape: [1, 1], data: [1] },
      { name: 'ok', datatype: 'BOOL', shape: [1, 2], data: [true, false] },
    ],
  });
  beforeAll(async () => {
    folder = await folderOf({
      'all/a.json': request,
      'all/b.jsonl': `${request}\n\n${request}\n`,
      'all/c.bin': binary.bytes,
      'all/.hidden': 'x',
      'bad/a.json': '{"inputs":[]}',
      'lines/b.jsonl': '{"a":1}\nnonsense\n',
      'odd/a.png': 'png',
      'none/.keep': '',
    });
  });
  afterAll(() => removeFolder(folder));

  it('is read in the order of names, a line of JSONL being one request', async () => {
    const items = await readTraffic(join(folder, 'all'), { predict: false });
    expect(items.map(({ name }) => name)).toEqual(['a.json', 'b.jsonl:1', 'b.jsonl:3', 'c.bin']);
    const bodies = bodiesAsTheyAre(items);
    expect(bodies.map(({ headers }) => headers?.['content-type'])).toEqual([
      'application/json',
      'application/json',
      'application/json',
      'application/octet-stream',
    ]);
    expect(bodies[3]?.headers).toEqual(binary.headers);
    expect(decode(bodies[3]!)).toEqual(tensors);
  });

  it('is encoded anew in another protocol', async () => {
    const items = await readTraffic(join(folder, 'all'), { predict: false });
    const bodies = bodiesInProtocol(items, 'msgpack', signature, ref);
    expect(bodies.map((body) => decode(body)[0]?.data)).toEqual(Array(4).fill(Float32Array.of(0.5, -2)));
  });

  it('names the request that the model does not take', async () => {
    const items = await readTraffic(join(folder, 'bad'), { predict: false });
    expect(() => bodiesInProtocol(items, 'binary', signature, ref)).toThrow(/^a\.json: /);
  });

  it('for a handler takes what files of known endings hold', async () => {
    const [image] = await readTraffic(join(folder, 'odd'), { predict: true });
    expect(image).toMatchObject({ name: 'a.png', contentType: 'image/png' });
    const [other] = await readTraffic(join(folder, 'odd'), { predict: true, contentType: 'text/plain' });
    expect(other?.contentType).toBe('text/plain');
  });

  it.each([
    ['lines', 'b.jsonl:2: expected a line of JSON, got "nonsense"'],
    ['odd', 'a.png: expected V2 requests as .json, .jsonl, .bin or .msgpack'],
    ['none', 'expected at least one request, found none'],
    ['nowhere', 'there is no such file or folder'],
  ])('is refused with what is wrong with it: %s', async (name, message) => {
    await expect(readTraffic(join(folder, name), { predict: false })).rejects.toThrow(message);
  });

  it('finds the JSON at the head of a binary request, whatever is in its strings and behind it', () => {
    const head = '{"id":"}\\"{","inputs":[{}]}';
    expect(binaryHeadLength(Buffer.from(`${head}}}{"`))).toBe(head.length);
    expect(binaryHeadLength(Buffer.from('{"outputs":[]}'))).toBe(0);
    expect(binaryHeadLength(Buffer.from('{{{{'))).toBe(0);
    expect(binaryHeadLength(Buffer.from([1, 2, 3]))).toBe(0);
    expect(binaryHeadLength(new Uint8Array())).toBe(0);
  });
});
