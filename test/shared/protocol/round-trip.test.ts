import { unpack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { bytesOfTensor, dataFromBytes } from '../../../shared/protocol/binary-data.js';
import { decodeInferRequest, encodeInferResponse } from '../../../shared/protocol/codec.js';
import { datatypes } from '../../../shared/protocol/datatype.js';
import type { InferResponse } from '../../../shared/protocol/infer.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { seededRandom } from '../../harness/random.js';
import { finiteTensor, randomTensor } from './random-tensor.js';
import { jsonBody, requestInBinary, requestInJson, requestInMsgpack, signatureOf } from './request-body.js';

const random = seededRandom(20260101);
const tensors = datatypes.map((datatype) => randomTensor(`in-${datatype}`, datatype, random));

function expectSameBits(got: readonly Tensor[], expected: readonly Tensor[]): void {
  expect(got.map(({ name, datatype, shape }) => ({ name, datatype, shape }))).toEqual(
    expected.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
  );
  got.forEach((tensor, at) => expect([...bytesOfTensor(tensor)]).toEqual([...bytesOfTensor(expected[at]!)]));
}

describe('a request in each format', () => {
  it.each(datatypes)('brings %s to the bit in binary, aligned or not', (datatype) => {
    const sent = tensors.filter((tensor) => tensor.datatype === datatype);
    for (let shift = 0; shift < 8; shift++) {
      const request = decodeInferRequest(requestInBinary(sent, shift), signatureOf(sent), defaultLimits);
      expectSameBits(request.inputs, sent);
    }
  });

  it.each(datatypes)('brings %s to the bit in msgpack bytes', (datatype) => {
    const sent = tensors.filter((tensor) => tensor.datatype === datatype);
    expectSameBits(decodeInferRequest(requestInMsgpack(sent), signatureOf(sent), defaultLimits).inputs, sent);
  });

  it.each(datatypes)('brings %s to the bit in JSON', (datatype) => {
    const sent = tensors.filter((tensor) => tensor.datatype === datatype).map(finiteTensor);
    expectSameBits(decodeInferRequest(requestInJson(sent), signatureOf(sent), defaultLimits).inputs, sent);
  });

  it('brings thirteen tensors of all datatypes at once, the same in all three formats', () => {
    const sent = tensors.map(finiteTensor);
    for (const body of [requestInBinary(sent), requestInMsgpack(sent), requestInJson(sent)]) {
      expectSameBits(decodeInferRequest(body, signatureOf(sent), defaultLimits).inputs, sent);
    }
  });
});

describe('a response in each format', () => {
  const response = (outputs: readonly Tensor[]): InferResponse => ({
    modelName: 'm',
    modelVersion: 'v1',
    id: 'a "quoted" id',
    outputs,
  });
  const head = ({ name, datatype, shape }: Tensor): object => ({ name, datatype, shape });

  it.each(datatypes)('writes %s to the bit in binary', (datatype) => {
    const sent = tensors.filter((tensor) => tensor.datatype === datatype);
    const encoded = encodeInferResponse(response(sent), { format: 'binary', binaryOutput: () => true });
    const length = encoded.inferenceHeaderLength!;
    const tail = encoded.bytes.subarray(length);
    expect(encoded.contentType).toBe('application/octet-stream');
    expect(JSON.parse(new TextDecoder().decode(encoded.bytes.subarray(0, length)))).toEqual({
      model_name: 'm',
      model_version: 'v1',
      id: 'a "quoted" id',
      outputs: sent.map((tensor) => ({ ...head(tensor), parameters: { binary_data_size: tail.length } })),
    });
    expect([...tail]).toEqual([...bytesOfTensor(sent[0]!)]);
  });

  it.each(datatypes)('writes %s to the bit in msgpack', (datatype) => {
    const sent = tensors.filter((tensor) => tensor.datatype === datatype);
    const encoded = encodeInferResponse(response(sent), { format: 'msgpack', binaryOutput: () => true });
    expect(encoded.contentType).toBe('application/msgpack');
    const decoded = unpack(encoded.bytes) as { outputs: { data: Uint8Array }[] };
    const data = Uint8Array.from(decoded.outputs[0]!.data);
    expect({ ...decoded, outputs: decoded.outputs.map(({ data: _, ...rest }) => rest) }).toEqual({
      model_name: 'm',
      model_version: 'v1',
      id: 'a "quoted" id',
      outputs: sent.map(head),
    });
    expect([...data]).toEqual([...bytesOfTensor(sent[0]!)]);
  });

  it.each(datatypes)('writes %s in JSON so that our own reader gets the same bits', (datatype) => {
    const sent = tensors.filter((tensor) => tensor.datatype === datatype).map(finiteTensor);
    const encoded = encodeInferResponse(response(sent), { format: 'json', binaryOutput: () => false });
    expect(encoded).toMatchObject({ contentType: 'application/json', inferenceHeaderLength: undefined });
    const outputs = /"outputs":(.*)\}$/s.exec(new TextDecoder().decode(encoded.bytes))![1]!;
    const echoed = jsonBody(`{"inputs":${outputs}}`);
    expectSameBits(decodeInferRequest(echoed, signatureOf(sent), defaultLimits).inputs, sent);
  });

  it('mixes JSON and binary outputs in one body', () => {
    const [a, b] = [tensors[6]!, tensors[10]!];
    const choice = { format: 'binary', binaryOutput: (name: string) => name === b.name } as const;
    const encoded = encodeInferResponse(response([a, b]), choice);
    const json = JSON.parse(new TextDecoder().decode(encoded.bytes.subarray(0, encoded.inferenceHeaderLength))) as {
      outputs: object[];
    };
    expect(json.outputs[0]).toMatchObject({ data: { length: 42 } });
    expect(json.outputs[1]).not.toHaveProperty('data');
    expect([...encoded.bytes.subarray(encoded.inferenceHeaderLength)]).toEqual([...bytesOfTensor(b)]);
  });

  it('writes lengths beyond one, two and four bytes of msgpack as their readers expect', () => {
    for (const count of [0, 31, 32, 255, 256, 65_535, 65_536]) {
      const shape = [count, 1];
      const output: Tensor = { name: 'n'.repeat(40), datatype: 'UINT8', shape, data: new Uint8Array(count).fill(7) };
      const many = Array.from({ length: 20 }, () => output);
      const outputs = count === 32 ? many : [output];
      const encoded = encodeInferResponse(response(outputs), { format: 'msgpack', binaryOutput: () => true });
      const decoded = unpack(encoded.bytes) as { outputs: { name: string; shape: number[]; data: Uint8Array }[] };
      expect(decoded.outputs).toHaveLength(outputs.length);
      expect(decoded.outputs.at(-1)).toMatchObject({ name: output.name, shape });
      expect(decoded.outputs.at(-1)!.data).toHaveLength(count);
    }
  });

  it('leaves out the id when there is none and the version when it is empty', () => {
    const bare = { modelName: 'm', modelVersion: '', id: undefined, outputs: [] };
    const json = encodeInferResponse(bare, { format: 'json', binaryOutput: () => false });
    expect(new TextDecoder().decode(json.bytes)).toBe('{"model_name":"m","outputs":[]}');
    const msgpack = encodeInferResponse(bare, { format: 'msgpack', binaryOutput: () => false });
    expect(unpack(msgpack.bytes)).toEqual({ model_name: 'm', outputs: [] });
  });

  it.each(['FP16', 'FP32', 'FP64'] as const)(
    'refuses %s infinities and NaN in JSON, naming the other ways',
    (datatype) => {
      const size = { FP16: 2, FP32: 4, FP64: 8 }[datatype];
      const bytes = new Uint8Array(size).fill(0xff);
      const data = dataFromBytes({ name: 'y', datatype, shape: [1], count: 1 }, bytes, defaultLimits);
      const write = () =>
        encodeInferResponse(response([{ name: 'y', datatype, shape: [1], data }]), {
          format: 'json',
          binaryOutput: () => false,
        });
      expect(write).toThrow(
        expect.objectContaining({
          code: 'not-a-number',
          message: expect.stringMatching(/binary_data_output.*msgpack/) as string,
        }),
      );
    },
  );
});
