import { describe, expect, it } from 'vitest';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { decode, expectRefusal, only, signature } from './refusal.js';
import { binaryBody, jsonBody, msgpackBody } from './request-body.js';

describe('elements in JSON', () => {
  const expectElement = (datatype: Signature['inputs'][0]['datatype'], element: string, words: RegExp): void =>
    expectRefusal(
      jsonBody(
        `{"inputs":[{"name":"x","datatype":"${datatype}","shape":[2],"data":[0,${element}]}]}`.replace(
          '[0,',
          datatype === 'BYTES' ? '["",' : '[0,',
        ),
      ),
      'value-out-of-range',
      words,
      { signature: only(datatype) },
    );
  const read = (datatype: Signature['inputs'][0]['datatype'], element: string): unknown =>
    decode(jsonBody(`{"inputs":[{"name":"x","datatype":"${datatype}","shape":[1],"data":[${element}]}]}`), {
      signature: only(datatype),
    }).inputs[0]!.data[0];

  it.each([
    ['UINT8', '0', '255'], ['UINT16', '0', '65535'], ['UINT32', '0', '4294967295'],
    ['INT8', '-128', '127'], ['INT16', '-32768', '32767'], ['INT32', '-2147483648', '2147483647'],
    ['INT64', '-9223372036854775808', '9223372036854775807'], ['UINT64', '0', '18446744073709551615'],
  ] as const)('reads %s from %s to %s and refuses what is beyond, fractions and text', (datatype, min, max) => {
    expect(read(datatype, min)).toEqual(datatype.endsWith('64') ? BigInt(min) : Number(min));
    expect(read(datatype, max)).toEqual(datatype.endsWith('64') ? BigInt(max) : Number(max));
    expectElement(datatype, String(BigInt(min) - 1n), /integer/);
    expectElement(datatype, String(BigInt(max) + 1n), /integer/);
    for (const element of ['0.5', '"1"', 'true', 'null', '{}', '1e999', '-1e30']) expectElement(datatype, element, /integer/);
  }); // prettier-ignore

  it('reads every digit of integers beyond 2^53 and refuses them written so that digits may be lost', () => {
    expect(read('INT64', '9007199254740993')).toBe(9007199254740993n);
    expect(read('INT64', '-9007199254740993')).toBe(-9007199254740993n);
    expect(read('INT64', '9007199254740992')).toBe(9007199254740992n);
    expect(read('INT64', '1e3')).toBe(1000n);
    for (const element of ['9007199254740993.0', '1e18', '9.007199254740993e15', '9'.repeat(5000)]) {
      expectElement('INT64', element, /digits/);
    }
  });

  it('finds the digits in nested data, behind look-alikes, escapes and keys that come twice', () => {
    const text = `{ "id" : "\\"inputs\\":[{\\"data\\":[7]}]", "inputs" : [1], "parameters": {"data": 3},
      "\\u0069nputs": [
        {"name":"n","datatype":"INT64","shape":[2,2],"data":[[1,2],[3,4]],"extra":{"data":[[9]]}},
        {"data":[5], "name":"x", "note":"]}[{\\\\", "shape":[2, 2],"datatype":"UINT64",
         "\\u0064ata" : [ [18446744073709551615 , 0], [ 9007199254740993,12 ] ] } ] }`;
    const two: Signature = {
      ...signature,
      inputs: [{ name: 'n', datatype: 'INT64', shape: [2, 2] }, { name: 'x', datatype: 'UINT64', shape: [2, 2] }],
    }; // prettier-ignore
    const request = decode(jsonBody(text), { signature: two });
    expect(request.inputs[0]!.data).toEqual(BigInt64Array.of(1n, 2n, 3n, 4n));
    expect(request.inputs[1]!.data).toEqual(BigUint64Array.of(18446744073709551615n, 0n, 9007199254740993n, 12n));
  });

  it('refuses a wide integer among things that are not numbers for what those are', () => {
    for (const element of ['"12", 9007199254740993', '{"a":3}, 9007199254740993']) {
      const text = `{"inputs":[{"name":"x","datatype":"INT64","shape":[2],"data":[${element}]}]}`;
      expectRefusal(jsonBody(text), 'value-out-of-range', /element 0/, { signature: only('INT64') });
    }
  });

  it('reads BOOL from true, false, 1 and 0 alone', () => {
    expect(['true', 'false', '1', '0'].map((element) => read('BOOL', element))).toEqual([1, 0, 1, 0]);
    for (const element of ['2', '-1', '0.5', '"true"', 'null', '[]'])
      expectElement('BOOL', element, /true, false, 1 or 0/);
  });

  it('refuses finite numbers that a float cannot hold, and reads the largest that it can', () => {
    expectElement('FP16', '65520', /range of FP16, got 65520/);
    expectElement('FP16', '-65520', /range of FP16/);
    expect(read('FP16', '65519.99')).toBe(0x7bff);
    expectElement('FP32', '3.4028235677973366e38', /range of FP32/);
    expect(read('FP32', '3.4028235677973362e38')).toBe(3.4028234663852886e38);
    expectElement('FP64', '1e309', /range of FP64, got Infinity/);
    for (const datatype of ['FP16', 'FP32', 'FP64'] as const) {
      for (const element of ['"1"', 'null', 'true', '[]']) expectElement(datatype, element, /a number within/);
    }
  });

  it('keeps the sign of zero in floats', () => {
    expect(read('FP16', '-0')).toBe(0x8000);
    expect(Object.is(read('FP32', '-0'), -0)).toBe(true);
    expect(Object.is(read('FP64', '-0.0'), -0)).toBe(true);
  });

  it('reads BYTES from text alone, and refuses text that has no UTF-8', () => {
    expect(read('BYTES', '"漢\\u0000"')).toBe('漢\0');
    for (const element of ['1', 'null', '[]', '"\\ud83d"']) expectElement('BYTES', element, /Unicode text/);
  });

  it('refuses more BYTES elements than the limit with both numbers', () => {
    const options = { signature: only('BYTES'), limits: { bytesElementsMax: 2 } };
    const input = { name: 'x', datatype: 'BYTES', shape: [3] };
    const words = /at most 2 BYTES elements for input "x", got 3/;
    expectRefusal(jsonBody({ inputs: [{ ...input, data: ['', '', ''] }] }), 'tensor-too-large', words, options);
    expectRefusal(msgpackBody({ inputs: [{ ...input, data: ['', '', ''] }] }), 'tensor-too-large', words, options);
    const binary = binaryBody({ inputs: [{ ...input, parameters: { binary_data_size: 12 } }] }, [new Uint8Array(12)]);
    expectRefusal(binary, 'tensor-too-large', words, options);
  });
});
