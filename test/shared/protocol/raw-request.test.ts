import { describe, expect, it } from 'vitest';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { decode, expectRefusal, only, signature } from './refusal.js';
import { rawBody, utf8 } from './request-body.js';

describe('the raw form', () => {
  const decodeRaw = (datatype: Signature['inputs'][0]['datatype'], shape: number[], bytes: Uint8Array) =>
    decode(rawBody(bytes), { signature: only(datatype, shape) }).inputs[0]!;
  const bytes = new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer);

  it('takes the body as the only input, with a batch of 1 and one more axis from its size', () => {
    expect(decodeRaw('FP32', [-1, 6], bytes)).toMatchObject({
      name: 'x',
      shape: [1, 6],
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    expect(decodeRaw('FP32', [-1, 2, -1], bytes).shape).toEqual([1, 2, 3]);
    expect(decodeRaw('FP32', [2, -1], bytes).shape).toEqual([2, 3]);
    expect(decodeRaw('FP32', [6], bytes).shape).toEqual([6]);
    expect(decodeRaw('FP32', [-1, -1], new Uint8Array(0)).shape).toEqual([1, 0]);
  });

  it('takes the body as the one element of a BYTES input', () => {
    expect(decodeRaw('BYTES', [-1, 1], utf8('é'))).toMatchObject({ shape: [1, 1], data: ['é'] });
    expect(decodeRaw('BYTES', [1], utf8(''))).toMatchObject({ shape: [1], data: [''] });
  });

  it('refuses a model of two inputs, two dynamic axes, or a size that does not fit', () => {
    const two = { ...signature, inputs: [...signature.inputs, { name: 'w', datatype: 'FP32' as const, shape: [1] }] };
    expectRefusal(rawBody(bytes), 'invalid-request', /1 input for the raw form .* got one of 2/, { signature: two });
    expectRefusal(rawBody(bytes), 'wrong-shape', /at most 1 dynamic axis/, { signature: only('FP32', [-1, -1, -1]) });
    expectRefusal(rawBody(bytes), 'wrong-byte-size', /multiple of 16 bytes .* got 24/, {
      signature: only('FP32', [-1, 4, -1]),
    });
    expectRefusal(rawBody(bytes), 'wrong-byte-size', /expected 4 bytes .* got 24/, { signature: only('FP32', [-1]) });
    expectRefusal(rawBody(bytes), 'wrong-byte-size', /multiple of 0 bytes/, { signature: only('FP32', [-1, 0, -1]) });
    expectRefusal(rawBody(bytes), 'wrong-shape', /one element for the raw form/, { signature: only('BYTES', [-1, 2]) });
    expectRefusal(rawBody(Uint8Array.of(0xff)), 'value-out-of-range', /UTF-8/, { signature: only('BYTES', [1]) });
  });
});
