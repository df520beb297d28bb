import { describe, expect, it } from 'vitest';
import type { WireBody } from '../../../shared/protocol/codec.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { decode, expectRefusal, good, only, signature } from './refusal.js';
import { binaryBody, msgpackBody } from './request-body.js';

describe('binary framing', () => {
  const input = { name: 'x', datatype: 'INT32', shape: [1, 3], parameters: { binary_data_size: 12 } };
  const part = Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0);

  it('reads it with either media type', () => {
    for (const contentType of ['application/octet-stream', 'application/json', '']) {
      const body = { ...binaryBody({ inputs: [input] }, [part]), contentType };
      expect(decode(body).inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3));
    }
  });

  it.each(['-1', '1.5', '0x10', ' 5', '5 ', '', 'abc', '1e3', '99999999999', '+5'])(
    'refuses the header %j',
    (header) => {
      expectRefusal(
        { ...binaryBody({ inputs: [input] }, [part]), inferenceHeaderLength: header },
        'bad-header',
        /non-negative integer, got/,
      );
    },
  );

  it('refuses a header beyond the end of the body with both numbers', () => {
    const body = { ...binaryBody({ inputs: [input] }, [part]), inferenceHeaderLength: '5000' };
    expectRefusal(body, 'bad-header', /at most the body's 1\d\d bytes, got 5000/);
  });

  it('refuses the header with msgpack', () => {
    expectRefusal(
      { ...msgpackBody({ inputs: [good] }), inferenceHeaderLength: '5' },
      'bad-header',
      /no Inference-Header/,
    );
  });

  it('refuses a header that cuts the JSON', () => {
    expectRefusal(
      { ...binaryBody({ inputs: [input] }, [part]), inferenceHeaderLength: '20' },
      'malformed-json',
      /JSON/,
    );
  });

  it('refuses bytes left over and bytes missing with both numbers', () => {
    expectRefusal(binaryBody({ inputs: [input] }, [part, part]), 'malformed-binary', /expected 12 bytes .* got 24/);
    expectRefusal(
      binaryBody({ inputs: [input] }, [part.subarray(4)]),
      'malformed-binary',
      /expected 12 bytes .* got 8/,
    );
    expectRefusal(binaryBody({ inputs: [good] }, [part]), 'malformed-binary', /expected 0 bytes .* got 12/);
  });

  it('refuses a size that is not elements times datatype size', () => {
    const body = binaryBody({ inputs: [{ ...input, shape: [2, 3] }] }, [part]);
    expectRefusal(body, 'wrong-byte-size', /expected 24 bytes for input "x" of INT32 \[2, 3\], got 12/);
  });

  it('refuses an input with both data and bytes', () => {
    expectRefusal(binaryBody({ inputs: [{ ...input, data: [1, 2, 3] }] }, [part]), 'malformed-binary', /got both/);
  });

  it('refuses BOOL bytes other than 0 and 1', () => {
    const bools = { name: 'x', datatype: 'BOOL', shape: [3], parameters: { binary_data_size: 3 } };
    const body = binaryBody({ inputs: [bools] }, [Uint8Array.of(0, 1, 2)]);
    expectRefusal(body, 'value-out-of-range', /element 2 .* byte 0 or 1, got 2/, { signature: only('BOOL') });
  });

  it('refuses BYTES whose lengths do not add up, or that are not UTF-8', () => {
    const bytes = (shape: number[], ...content: number[]): WireBody => {
      const texts = { name: 'x', datatype: 'BYTES', shape, parameters: { binary_data_size: content.length } };
      return binaryBody({ inputs: [texts] }, [Uint8Array.from(content)]);
    };
    const options = { signature: only('BYTES') };
    expect(decode(bytes([2], 1, 0, 0, 0, 65, 0, 0, 0, 0), options).inputs[0]!.data).toEqual(['A', '']);
    expectRefusal(bytes([2], 1, 0, 0, 0, 65), 'malformed-binary', /expected 4 bytes for element 1 .* got 0/, options);
    expectRefusal(bytes([1], 2, 0, 0, 0, 65), 'malformed-binary', /expected 6 bytes for element 0 .* got 5/, options);
    expectRefusal(bytes([1], 255, 255, 255, 255, 65), 'malformed-binary', /expected 4294967299 bytes/, options);
    expectRefusal(bytes([1], 1, 0, 0, 0, 65, 66), 'malformed-binary', /fill 6 bytes, got 5/, options);
    expectRefusal(bytes([1], 2, 0, 0, 0, 0xc3, 0x28), 'value-out-of-range', /element 0 .* UTF-8/, options);
  });

  it('mixes JSON and binary inputs in one body', () => {
    const three: Signature = {
      ...signature,
      inputs: ['a', 'b', 'c'].map((name) => ({ name, datatype: 'INT32', shape: [-1, 3] })),
    };
    const inputs = [
      { ...input, name: 'c' },
      { ...good, name: 'a' },
      { ...input, name: 'b' },
    ];
    const request = decode(binaryBody({ inputs }, [part, part.map((byte) => byte * 2)], 3), { signature: three });
    expect(request.inputs.map(({ name, data }) => [name, ...(data as Int32Array)])).toEqual([
      ['c', 1, 2, 3],
      ['a', 1, 2, 3],
      ['b', 2, 4, 6],
    ]);
  });

  it('views an aligned tensor in the body without copying it, and copies an unaligned one once', () => {
    const data = new Float32Array(110 * 256);
    const fp32 = {
      name: 'x',
      datatype: 'FP32',
      shape: [data.length],
      parameters: { binary_data_size: data.byteLength },
    };
    const head = JSON.stringify({ inputs: [fp32] });
    const aligned = binaryBody(head.padEnd(Math.ceil(head.length / 4) * 4), [new Uint8Array(data.buffer)]);
    const tensor = decode(aligned, { signature: only('FP32') }).inputs[0]!.data as Float32Array;
    expect(tensor.buffer).toBe(aligned.bytes.buffer);
    const unaligned = binaryBody(head.padEnd(Math.ceil(head.length / 4) * 4), [new Uint8Array(data.buffer)], 1);
    const copy = decode(unaligned, { signature: only('FP32') }).inputs[0]!.data as Float32Array;
    expect(copy.buffer.byteLength).toBe(data.byteLength);
  });

  it('reads a Node Buffer at an odd address of its pool', () => {
    const { bytes, ...rest } = binaryBody({ inputs: [input] }, [part]);
    const pool = Buffer.alloc(bytes.length + 8);
    for (let shift = 0; shift < 8; shift++) {
      pool.set(bytes, shift);
      expect(decode({ ...rest, bytes: pool.subarray(shift, shift + bytes.length) }).inputs[0]!.data).toEqual(
        Int32Array.of(1, 2, 3),
      );
    }
  });
});
