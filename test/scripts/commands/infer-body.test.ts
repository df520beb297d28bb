import { describe, expect, it } from 'vitest';
import { inferBody } from '../../../scripts/commands/infer-body.js';
import { readNpy } from '../../../scripts/commands/read-npy.js';
import type { TensorSpec } from '../../../shared/protocol/tensor.js';

const spec = (shape: number[], datatype: TensorSpec['datatype'] = 'FP32'): TensorSpec => ({
  name: 'x',
  datatype,
  shape,
});
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const body = (value: string, ...specs: TensorSpec[]): string =>
  text(inferBody([{ name: 'x', value: new TextEncoder().encode(value) }], specs).bytes);
const input = (value: string, ...specs: TensorSpec[]): unknown =>
  (JSON.parse(body(value, ...specs)) as { inputs: unknown[] }).inputs[0];

function npy(descr: string, shape: string, data: Uint8Array, more = "'fortran_order': False"): Uint8Array {
  const header = `{'descr': '${descr}', ${more}, 'shape': ${shape}, }\n`;
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([Buffer.from('\u0093NUMPY\u0001\u0000', 'latin1'), length, Buffer.from(header), data]);
}

describe('an infer request from the command line', () => {
  it('takes a nested array by its nesting', () => {
    expect(input('[[1,2],[3,4],[5,6]]', spec([-1, 2]))).toEqual({
      name: 'x',
      datatype: 'FP32',
      shape: [3, 2],
      data: [[1, 2], [3, 4], [5, 6]],
    }); // prettier-ignore
  });

  it.each([
    [[-1, 4], '[1,2,3,4,5,6,7,8]', [2, 4]],
    [[2, 2], '[1,2,3,4]', [2, 2]],
    [[-1], '[1,2]', [2]],
    [[1, -1], '[1,2,3]', [1, 3]],
  ])('gives a flat array the shape %j of the model', (shape, value, expected) => {
    expect(input(value, spec(shape))).toMatchObject({ shape: expected });
  });

  it('takes a single value for a scalar or a tensor of one', () => {
    expect(input('7', spec([-1, 1]))).toMatchObject({ shape: [1, 1], data: [7] });
    expect(input('"word"', spec([], 'BYTES'))).toMatchObject({ shape: [], data: ['word'], datatype: 'BYTES' });
  });

  it('takes shape and data as they are given, with a datatype or without', () => {
    expect(input('{"shape":[2],"data":[1,2]}', spec([-1]))).toEqual({
      name: 'x',
      datatype: 'FP32',
      shape: [2],
      data: [1, 2],
    });
    expect(input('{"shape":[2],"datatype":"INT8","data":[1,2]}', spec([-1]))).toMatchObject({ datatype: 'INT8' });
  });

  it('keeps every digit of 64-bit integers', () => {
    expect(body('[9223372036854775807]', spec([-1], 'INT64'))).toContain('[9223372036854775807]');
  });

  it('sends an .npy file by the binary extension', () => {
    const data = new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer);
    const { bytes, headers } = inferBody([{ name: 'x', value: npy('<f4', '(1, 4)', data) }], [spec([-1, 4])]);
    const length = Number(headers['inference-header-content-length']);
    expect(JSON.parse(text(bytes.subarray(0, length)))).toEqual({
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 4], parameters: { binary_data_size: 16 } }],
    });
    expect(new Uint8Array(bytes.subarray(length))).toEqual(data);
  });

  it.each<[string, string, TensorSpec]>([
    ['a name that the model does not have', '1', { ...spec([1]), name: 'other' }],
    ['text that is not JSON', 'hello', spec([1])],
    ['rows of several lengths', '[[1],[2,3]]', spec([-1, -1])],
    ['rows beside values', '[[1],2]', spec([-1, -1])],
    ['a flat array for two open axes', '[1,2,3]', spec([-1, -1])],
    ['a flat array that fills no whole row', '[1,2,3]', spec([-1, 2])],
    ['an object without a shape', '{"data":[1]}', spec([1])],
    ['an object with a name', '{"name":"y","shape":[1],"data":[1]}', spec([1])],
  ])('refuses %s', (_, value, one) => {
    expect(() => body(value, one)).toThrow(expect.objectContaining({ code: 'usage' }));
  });
});

describe('an .npy file', () => {
  it.each([
    ['(3,)', [3]],
    ['()', []],
    ['(2, 3)', [2, 3]],
  ])('of shape %s is read as %j', (written, shape) => {
    expect(readNpy('x', npy('|u1', written, new Uint8Array(6)))).toMatchObject({ datatype: 'UINT8', shape });
  });

  it.each([
    ['big-endian', npy('>f4', '(1,)', new Uint8Array(4)), /got >f4/],
    ['in Fortran order', npy('<f4', '(1,)', new Uint8Array(4), "'fortran_order': True"), /C order/],
    ['without a shape', npy('<f4', "'no'", new Uint8Array(4)), /does not say its shape/],
    ['cut short', npy('<f4', '(1,)', new Uint8Array()).subarray(0, 20), /ends in its header/],
  ])('that is %s is refused', (_, bytes, message) => {
    expect(() => readNpy('x', bytes)).toThrow(message);
  });
});
