import { describe, expect, it } from 'vitest';
import { grpcCodec } from '../../../origin/grpc/infer-codec.js';
import { inferenceService } from '../../../origin/grpc/proto/inference-service.js';
import { readInferRequest } from '../../../origin/grpc/wire/read-infer-request.js';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { InferRequest } from '../../../shared/protocol/infer.js';
import { defaultLimits, type Limits } from '../../../shared/protocol/limits.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import { echoModel, spec } from '../../harness/onnx.js';
import { seededRandom } from '../../harness/random.js';
import { sampleTensors } from '../../harness/tensors.js';
import { randomTensor } from '../../shared/protocol/random-tensor.js';
import type { Message } from './grpc-client.js';
import { rawRequest, typedRequest } from './wire-tensors.js';

const { requestSerialize, responseDeserialize } = inferenceService['ModelInfer']!;

function decode(message: Message | Buffer, signature: Signature, limits: Partial<Limits> = {}): InferRequest {
  const bytes = Buffer.isBuffer(message) ? message : requestSerialize(message);
  const all = { ...defaultLimits, ...limits };
  return grpcCodec(readInferRequest(bytes, all), bytes.length, 'unary').decode(signature, all);
}

/** Through an answer and back by protobufjs. */
function answered(outputs: readonly Tensor[], request: Message): Message {
  const bytes = requestSerialize(request);
  const codec = grpcCodec(readInferRequest(bytes, defaultLimits), bytes.length, 'unary');
  const response = { modelName: 'm', modelVersion: '7', id: 'an id', outputs };
  const { bytes: answer } = codec.encode(response, { id: undefined, parameters: {}, inputs: [], outputs: undefined });
  return responseDeserialize(answer as Buffer) as Message;
}

function refusal(work: () => unknown): { code: string; text: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof BrinkError) return { code: error.code, text: error.message };
    throw error;
  }
  throw new Error('expected a refusal, got none');
}

const bytesOf = ({ data }: Tensor): unknown =>
  ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex') : data;

const one = (datatype: Tensor['datatype'], shape: number[] = [-1]): Signature => ({
  inputs: [spec('x', datatype, shape)],
  outputs: [spec('y', datatype, shape)],
});
const input = (datatype: string, shape: number[], contents: Message | undefined): Message => ({
  model_name: 'm',
  inputs: [{ name: 'x', datatype, shape, ...(contents === undefined ? {} : { contents }) }],
});

describe('a request over gRPC', () => {
  const { signature } = echoModel();

  it('gives every datatype back to the bit when it is raw, at whatever address it lies', () => {
    for (const tensors of [sampleTensors(), sampleTensors().toReversed()]) {
      const message = rawRequest('m', tensors);
      for (const offset of [0, 1, 2, 3, 5]) {
        const bytes = requestSerialize(message);
        const moved = Buffer.alloc(bytes.length + offset)
          .fill(bytes, offset)
          .subarray(offset);
        const read = decode(moved, signature).inputs;
        expect(read.map(({ name, shape }) => ({ name, shape }))).toEqual(
          tensors.map(({ name, shape }) => ({ name, shape })),
        );
        expect(read.map(bytesOf)).toEqual(tensors.map(bytesOf));
      }
    }
  });

  it('gives every datatype but FP16 back to the bit when it is typed', () => {
    const tensors = sampleTensors().filter(({ datatype }) => datatype !== 'FP16');
    const without = { ...signature, inputs: signature.inputs.filter(({ datatype }) => datatype !== 'FP16') };
    expect(decode(typedRequest('m', tensors), without).inputs.map(bytesOf)).toEqual(tensors.map(bytesOf));
  });

  it('reads what protobufjs writes of random tensors, raw and typed', () => {
    const random = seededRandom(20);
    for (const { datatype } of signature.inputs) {
      const tensor = randomTensor('x', datatype, random);
      const shape = one(datatype, [-1, 3, 7]);
      expect(bytesOf(decode(rawRequest('m', [tensor]), shape).inputs[0]!)).toEqual(bytesOf(tensor));
      // a NaN's payload does not survive a JavaScript number, which is what protobufjs takes
      if (!datatype.startsWith('FP')) {
        expect(bytesOf(decode(typedRequest('m', [tensor]), shape).inputs[0]!)).toEqual(bytesOf(tensor));
      }
    }
  });

  it('reads elements and axes that are not packed, and contents in pieces, as protobuf allows', () => {
    // shape: field 3 as two varints; contents: field 5 twice, each with fp32_contents (6) as single fixed32
    const head = [0x0a, 1, 0x78, 0x12, 4, ...Buffer.from('FP32'), 0x18, 1, 0x18, 2];
    const piece = (value: number): number[] => [0x2a, 5, 0x35, ...Buffer.from(Float32Array.of(value).buffer)];
    const tensor = [...head, ...piece(1.5), ...piece(-2)];
    const bytes = Buffer.from([0x0a, 1, 0x6d, 0x2a, tensor.length, ...tensor]);
    const [read] = decode(bytes, one('FP32', [-1, 2])).inputs;
    expect(read).toMatchObject({ shape: [1, 2], data: Float32Array.of(1.5, -2) });
  });

  it('takes parameters of every type, 64-bit integers with all their digits', () => {
    const message = rawRequest('m', [{ name: 'x', datatype: 'FP32', shape: [1], data: Float32Array.of(1) }], {
      id: 'an id',
      parameters: {
        flag: { bool_param: true },
        low: { int64_param: -5 },
        wide: { int64_param: '-9007199254740993' },
        text: { string_param: 'x' },
        half: { double_param: 0.5 },
        sequence_id: { uint64_param: '18446744073709551615' },
        ['__proto__']: { int64_param: 1 },
      },
      outputs: [{ name: 'y', parameters: { classification: { int64_param: 3 } } }],
    });
    expect(refusal(() => decode(message, one('FP32'))).code).toBe('forbidden-key');
    const parameters = Object.fromEntries<unknown>(
      Object.entries(message['parameters'] as object).filter(([key]) => key !== '__proto__'),
    );
    const request = decode({ ...message, parameters }, one('FP32'));
    expect(request.id).toBe('an id');
    expect(request.parameters).toEqual({
      flag: true, low: -5, wide: -9007199254740993n, text: 'x', half: 0.5, sequence_id: 18446744073709551615n,
    }); // prettier-ignore
    expect(request.outputs).toEqual([{ name: 'y', parameters: { classification: 3 } }]);
  });

  it.each<[string, string, Message]>([
    ['a value beyond its 8 bits', 'value-out-of-range', input('INT8', [1], { int_contents: [300] })],
    ['a negative value in INT16', 'value-out-of-range', input('INT16', [1], { int_contents: [-40_000] })],
    ['a value beyond UINT16', 'value-out-of-range', input('UINT16', [1], { uint_contents: [70_000] })],
    ['too few elements', 'wrong-element-count', input('FP32', [2], { fp32_contents: [1] })],
    ['no contents where elements are due', 'wrong-element-count', input('FP32', [2], undefined)],
    ['elements in another field', 'invalid-request', input('FP32', [1], { int_contents: [1] })],
    ['FP16 that is not raw', 'invalid-request', input('FP16', [1], { fp32_contents: [1] })],
    ['BYTES that are not UTF-8', 'value-out-of-range', input('BYTES', [1], { bytes_contents: [Buffer.of(0xff)] })],
    ['too many BYTES', 'wrong-element-count', input('BYTES', [1], { bytes_contents: ['', ''] })],
  ])('refuses %s', (_, code, message) => {
    const datatype = (message['inputs'] as { datatype: Tensor['datatype'] }[])[0]!.datatype;
    expect(refusal(() => decode(message, one(datatype))).code).toBe(code);
  });

  it('refuses raw contents beside typed ones, and one too few or too many', () => {
    const tensor: Tensor = { name: 'x', datatype: 'FP32', shape: [1], data: Float32Array.of(1) };
    const both = { ...typedRequest('m', [tensor]), raw_input_contents: [Buffer.alloc(4)] };
    expect(refusal(() => decode(both, one('FP32'))).text).toContain('got both');
    const two = rawRequest('m', [tensor], { raw_input_contents: [Buffer.alloc(4), Buffer.alloc(4)] });
    expect(refusal(() => decode(two, one('FP32'))).text).toContain('each of the 1 inputs, got 2');
    const short = rawRequest('m', [tensor], { raw_input_contents: [Buffer.alloc(3)] });
    expect(refusal(() => decode(short, one('FP32')))).toMatchObject({ code: 'wrong-byte-size' });
  });

  it('counts what is too many before it keeps any of it, and says both numbers', () => {
    const empty = { name: 'x', datatype: 'FP32', shape: [1] };
    const many = (count: number, entry: Message): Message[] => new Array<Message>(count).fill(entry);
    const cases: [Message, Partial<Limits>, string][] = [
      [{ model_name: 'm', inputs: many(1_000, empty) }, { tensorsMax: 3 }, 'at most 3 inputs, got 1000'],
      [{ model_name: 'm', outputs: many(1_000, { name: 'y' }) }, { tensorsMax: 3 }, 'at most 3 outputs, got 1000'],
      [
        { model_name: 'm', raw_input_contents: new Array<Buffer>(99).fill(Buffer.alloc(0)) },
        { tensorsMax: 3 },
        'at most 3 raw_input_contents, got 99',
      ],
      [input('FP32', new Array<number>(500).fill(1), undefined), {}, 'at most 16 axes for input "x", got 500'],
      [
        { model_name: 'm', parameters: { a: { bool_param: true }, b: { bool_param: true } } },
        { parametersMax: 1 },
        'at most 1 parameters of the request, got 2',
      ],
    ];
    for (const [message, limits, text] of cases) {
      expect(refusal(() => decode(message, one('FP32'), limits)).text).toContain(text);
    }
  });

  it.each([
    ['a tag without a value', [0x0a]],
    ['a length beyond the end', [0x0a, 5, 0x61]],
    ['a varint that does not end', [0x0a, ...new Array<number>(11).fill(0xff)]],
    ['field number 0', [0x02, 0]],
    ['a group', [0x0b]],
    ['text that is not UTF-8', [0x0a, 1, 0xff]],
    ['a number where text is due', [0x08, 1]],
  ])('refuses %s as malformed', (_, bytes) => {
    expect(refusal(() => decode(Buffer.from(bytes), one('FP32'))).code).toBe('malformed-binary');
  });

  it('skips fields that it does not know', () => {
    const known = requestSerialize(input('FP32', [1], { fp32_contents: [1] }));
    const unknown = Buffer.from([0x98, 0x06, 1, 0x9a, 0x06, 2, 0x61, 0x62, 0x9d, 0x06, 1, 2, 3, 4]);
    expect(decode(Buffer.concat([unknown, known, unknown]), one('FP32')).inputs[0]).toMatchObject({ shape: [1] });
  });
});

describe('an answer over gRPC', () => {
  const typed = input('FP32', [1], { fp32_contents: [1] });
  const raw = rawRequest('m', [{ name: 'x', datatype: 'FP32', shape: [1], data: Float32Array.of(1) }]);

  it('is raw when the request was, and then holds the bytes of every datatype', () => {
    const outputs = sampleTensors('out_');
    const answer = answered(outputs, raw);
    expect(answer).toMatchObject({ model_name: 'm', model_version: '7', id: 'an id' });
    const expected = rawRequest('m', outputs)['raw_input_contents'] as Buffer[];
    expect(answer['raw_output_contents']).toEqual(expected);
    const heads = (answer['outputs'] as Message[]).map(({ name, datatype, shape }) => ({ name, datatype, shape }));
    expect(heads).toEqual(outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })));
  });

  it('is typed when the request was, in the field of each datatype', () => {
    const outputs = sampleTensors('out_').filter(({ datatype }) => !['FP16', 'INT64', 'UINT64'].includes(datatype));
    const answer = answered(outputs, typed);
    expect(answer['raw_output_contents']).toEqual([]);
    const expected = typedRequest('m', outputs)['inputs'] as { name: string; contents: Message }[];
    for (const [at, { name, contents }] of expected.entries()) {
      const [[field, elements] = ['', undefined]] = Object.entries(contents);
      const got = (answer['outputs'] as { contents: Message }[])[at]!.contents[field];
      const comparable = (all: unknown): unknown =>
        (all as unknown[]).map((value) => (typeof value === 'boolean' ? Number(value) : value));
      expect(comparable(got), name).toEqual(comparable(elements));
    }
  });

  it('writes 64-bit integers with all their digits', () => {
    const data = BigInt64Array.of(-(2n ** 63n), -1n, 0n, 2n ** 63n - 1n, -(2n ** 53n) - 1n, 127n, 128n);
    const bytes = requestSerialize(typed);
    const outputs: Tensor[] = [{ name: 'x', datatype: 'INT64', shape: [7], data }];
    const answer = grpcCodec(readInferRequest(bytes, defaultLimits), bytes.length, 'unary').encode(
      { modelName: 'm', modelVersion: '', id: undefined, outputs },
      { id: undefined, parameters: {}, inputs: [], outputs: undefined },
    );
    // an answer's outputs have the numbers of a request's inputs; protobufjs was told to read doubles
    expect(decode(answer.bytes as Buffer, one('INT64')).inputs[0]!.data).toEqual(data);
  });

  it('is raw when an output has no typed contents, whatever the request was', () => {
    const answer = answered([{ name: 'y', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x3c00) }], typed);
    expect(answer['raw_output_contents']).toEqual([Buffer.of(0, 0x3c)]);
  });
});
