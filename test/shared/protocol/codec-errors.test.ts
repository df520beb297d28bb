import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { ErrorCode } from '../../../shared/errors/error-codes.js';
import { decodeInferRequest, type WireBody } from '../../../shared/protocol/codec.js';
import { defaultLimits, type Limits } from '../../../shared/protocol/limits.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { binaryBody, jsonBody, msgpackBody, rawBody, utf8 } from './request-body.js';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 3] }],
  outputs: [
    { name: 'y', datatype: 'FP32', shape: [-1] },
    { name: 'z', datatype: 'FP32', shape: [-1] },
  ],
};
const good = { name: 'x', datatype: 'INT32', shape: [1, 3], data: [1, 2, 3] };
const only = (datatype: Signature['inputs'][0]['datatype'], shape: number[] = [-1]): Signature => ({
  inputs: [{ name: 'x', datatype, shape }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
});

interface Options {
  signature?: Signature;
  limits?: Partial<Limits>;
}

function decode(body: WireBody, options: Options = {}): ReturnType<typeof decodeInferRequest> {
  return decodeInferRequest(body, options.signature ?? signature, { ...defaultLimits, ...options.limits });
}

function expectRefusal(body: WireBody, code: ErrorCode, words: RegExp, options: Options = {}): void {
  let thrown: unknown;
  try {
    decode(body, options);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(BrinkError);
  expect(thrown).toMatchObject({ code });
  expect((thrown as Error).message).toMatch(words);
  expect((thrown as Error).message.length).toBeLessThanOrEqual(400);
}

const expectInputRefusal = (change: object, code: ErrorCode, words: RegExp, options?: Options): void =>
  expectRefusal(jsonBody({ inputs: [{ ...good, ...change }] }), code, words, options);

describe('what a request may be', () => {
  it('accepts the good request that every refusal below is a change of', () => {
    expect(decode(jsonBody({ inputs: [good] })).inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3));
  });

  it('refuses a media type that it cannot read and names those that it can', () => {
    const body = { ...jsonBody({ inputs: [good] }), contentType: 'text/csv' };
    expectRefusal(body, 'unsupported-media-type', /application\/json.*octet-stream.*msgpack.*"text\/csv"/);
  });

  it('reads a body without a content type as JSON, and octet-stream that is JSON too', () => {
    for (const contentType of ['', 'application/octet-stream']) {
      expect(decode({ ...jsonBody({ inputs: [good] }), contentType }).inputs).toHaveLength(1);
    }
  });

  it('refuses bytes as octet-stream without the header that says where they begin', () => {
    const body = {
      contentType: 'application/octet-stream',
      inferenceHeaderLength: undefined,
      bytes: Uint8Array.of(1, 2),
    };
    expectRefusal(body, 'bad-header', /Inference-Header-Content-Length/);
  });

  it('refuses a body over the limit with both numbers', () => {
    expectRefusal(jsonBody({ inputs: [good] }), 'body-too-large', /at most 10 bytes, got 7\d/, {
      limits: { bodyBytesMax: 10 },
    });
  });
});

describe('JSON framing', () => {
  it.each(['', '   ', '{', '{"inputs":', '{"a":1}x', "{'a':1}", 'nul', '\u0000', '{"a":01}'])(
    'refuses %j as malformed',
    (text) => {
      expectRefusal(jsonBody(text), 'malformed-json', /expected a JSON object/);
    },
  );

  it('refuses bytes that are not UTF-8, also after having refused some before', () => {
    for (let round = 0; round < 2; round++) {
      const bytes = Uint8Array.from([...utf8('{"id":"'), 0xc3, 0x28, ...utf8('"}')]);
      expectRefusal({ ...jsonBody(''), bytes }, 'malformed-json', /UTF-8/);
      expect(decode(jsonBody({ id: 'é', inputs: [good] })).id).toBe('é');
    }
  });

  it('refuses a byte order mark', () => {
    expectRefusal(jsonBody(`\ufeff${JSON.stringify({ inputs: [good] })}`), 'malformed-json', /byte order mark/);
  });

  it.each([
    ['arrays', '['.repeat(100_000)],
    ['closed arrays', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['objects', '{"a":'.repeat(100_000)],
    [
      'data',
      `{"inputs":[{"name":"x","datatype":"INT32","shape":[1,3],"data":${'['.repeat(100_000)}1${']'.repeat(100_000)}}]}`,
    ],
  ])('refuses %s nested 100,000 deep', (_, text) => {
    expectRefusal(jsonBody(text), 'json-too-deep', /at most 32 levels/);
  });

  it('does not take brackets inside strings for nesting', () => {
    const id = '[{"\\'.repeat(40);
    expect(decode(jsonBody({ id, inputs: [good] })).id).toBe(id);
  });

  it('refuses a body of so many arrays that their objects would fill the heap', () => {
    expectRefusal(jsonBody(`[${'[],'.repeat(500_001)}[]]`), 'tensor-too-large', /at most 500000 arrays/);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s wherever it reads keys', (key) => {
    const evil = `"${key}":{"polluted":1}`;
    const input = JSON.stringify(good).slice(0, -1);
    for (const text of [
      `{${evil},"inputs":[${input}}]}`,
      `{"parameters":{${evil}},"inputs":[${input}}]}`,
      `{"inputs":[${input},${evil}}]}`,
      `{"inputs":[${input},"parameters":{${evil}}}]}`,
      `{"inputs":[${input}}],"outputs":[{"name":"y",${evil}}]}`,
      `{"inputs":[${input}}],"outputs":[{"name":"y","parameters":{${evil}}}]}`,
    ]) {
      expectRefusal(jsonBody(text), 'forbidden-key', new RegExp(key));
    }
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each([[[1]], ['"text"'], [null], [3], [true]])('refuses %j where the request object should be', (value) => {
    expectRefusal(jsonBody(value), 'invalid-request', /the request to be an object/);
  });
});

describe('inputs and outputs against the signature', () => {
  it('refuses an input that the model does not have, naming those it has', () => {
    expectInputRefusal({ name: 'w' }, 'unknown-input', /"x", got one called "w"/);
  });

  it('shows a name made to hurt a terminal or a log harmless and short', () => {
    expectInputRefusal({ name: `\u001b[2J\r\n${'a'.repeat(5000)}` }, 'unknown-input', /^[^\u0000-\u001f]+…"$/);
  });

  it('refuses a request without one of the inputs, or without any', () => {
    expectRefusal(jsonBody({}), 'missing-input', /expected 1 inputs, got 0: missing "x"/);
    expectRefusal(jsonBody({ inputs: [] }), 'missing-input', /missing "x"/);
  });

  it('refuses an input that comes twice', () => {
    expectRefusal(jsonBody({ inputs: [good, good] }), 'duplicate-name', /each input once, got "x" twice/);
  });

  it('refuses inputs that are not an array of objects with names', () => {
    expectRefusal(jsonBody({ inputs: {} }), 'invalid-request', /inputs to be an array, got an object/);
    expectRefusal(jsonBody({ inputs: [3] }), 'invalid-request', /input 0 to be an object, got 3/);
    expectInputRefusal({ name: 7 }, 'invalid-request', /name of an input to be a string, got 7/);
  });

  it('refuses more tensors than the limit with both numbers', () => {
    expectRefusal(jsonBody({ inputs: [good, good] }), 'invalid-request', /at most 1 inputs, got 2/, {
      limits: { tensorsMax: 1 },
    });
    const outputs = [{ name: 'y' }, { name: 'z' }];
    expectRefusal(jsonBody({ inputs: [good], outputs }), 'invalid-request', /at most 1 outputs, got 2/, {
      limits: { tensorsMax: 1 },
    });
  });

  it('refuses a datatype other than the signature has', () => {
    expectInputRefusal({ datatype: 'FP32' }, 'wrong-datatype', /INT32 for input "x", got FP32/);
  });

  it.each(['BF16', 'float32', ''])('refuses the datatype %j by name', (datatype) => {
    expectInputRefusal({ datatype }, 'unsupported-datatype', /one of BOOL UINT8/);
  });

  it.each([
    [[3], /\[-1, 3\].*got \[3\]/],
    [[1, 4], /\[-1, 3\].*got \[1, 4\]/],
    [[1, 3, 1], /got \[1, 3, 1\]/],
    [[-1, 3], /integers from 0 to 2147483647, got -1/],
    [[1.5, 3], /got 1.5/],
    [['1', 3], /got the text "1"/],
    [[2 ** 31, 3], /got 2147483648/],
    [[null, 3], /got null/],
  ])('refuses the shape %j', (shape, words) => {
    expectInputRefusal({ shape }, 'wrong-shape', words);
  });

  it('refuses a shape that is not an array, and one of too many axes', () => {
    expectInputRefusal({ shape: 3 }, 'invalid-request', /axes in the shape.*to be an array, got 3/);
    expectInputRefusal({ shape: new Array(17).fill(1) }, 'wrong-shape', /at most 16 axes for input "x", got 17/);
  });

  it('refuses shapes whose product overflows before it allocates anything for them', () => {
    const wide = only('FP64', [-1, -1, -1, -1]);
    const shape = [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1];
    const input = { name: 'x', datatype: 'FP64', shape };
    const options = { signature: wide };
    expectRefusal(
      jsonBody({ inputs: [{ ...input, data: [1] }] }),
      'wrong-element-count',
      /at most \d+ elements/,
      options,
    );
    expectRefusal(
      msgpackBody({ inputs: [{ ...input, data: new Uint8Array(8) }] }),
      'wrong-element-count',
      /at most \d+/,
      options,
    );
    const binary = binaryBody({ inputs: [{ ...input, parameters: { binary_data_size: 8 } }] }, [new Uint8Array(8)]);
    expectRefusal(binary, 'wrong-element-count', /at most \d+/, options);
  });

  it('refuses more or fewer elements than the shape asks for', () => {
    expectInputRefusal({ data: [1, 2] }, 'wrong-element-count', /expected 3 elements.*\[1, 3\], got 2/);
    expectInputRefusal({ data: [1, 2, 3, 4] }, 'wrong-element-count', /got 4/);
    expectInputRefusal({ shape: [2, 3], data: [] }, 'wrong-element-count', /expected 6 .*got 0/);
  });

  it('accepts tensors of no elements where an axis is dynamic', () => {
    for (const data of [[], new Array(0)]) {
      const input = { name: 'x', datatype: 'INT32', shape: [0, 3], data };
      expect(decode(jsonBody({ inputs: [input] })).inputs[0]).toMatchObject({ shape: [0, 3], data: new Int32Array(0) });
    }
    const open = only('INT32', [-1, -1]);
    const nested = { name: 'x', datatype: 'INT32', shape: [2, 0], data: [[], []] };
    expect(decode(jsonBody({ inputs: [nested] }), { signature: open }).inputs[0]!.data).toHaveLength(0);
    const huge = { ...nested, shape: [2 ** 31 - 1, 0], data: [] };
    expect(decode(jsonBody({ inputs: [huge] }), { signature: open }).inputs[0]!.data).toHaveLength(0);
  });

  it.each([
    [
      [
        [1, 2],
        [3, 4, 5, 6],
      ],
      /an array of 3 at axis 1, got one of 2/,
    ],
    [[[1, 2, 3], 4], /an array at axis 1, got a single element/],
    [[[1, 2, 3]], /an array of 2 at axis 0, got one of 1/],
    [
      [
        [1, 2, 3],
        [4, 5, [6]],
      ],
      /single elements below axis 1, got an array/,
    ],
  ])('refuses ragged or wrongly nested data %j', (data, words) => {
    expectInputRefusal({ shape: [2, 3], data }, 'wrong-shape', words);
  });

  it('reads data nested to the shape as it reads flat data', () => {
    const deep = only('INT32', [-1, 2, 2]);
    const data = [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]; // prettier-ignore
    const nested = decode(jsonBody({ inputs: [{ ...good, shape: [2, 2, 2], data }] }), { signature: deep });
    expect(nested.inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  });

  it.each([[undefined], [null], ['abc'], [5], [{}]])('refuses %j where data should be', (data) => {
    expectInputRefusal({ data }, 'invalid-request', /data of input "x" to be an array/);
  });

  it('refuses an output that the model does not have, and one asked for twice', () => {
    expectRefusal(
      jsonBody({ inputs: [good], outputs: [{ name: 'w' }] }),
      'unknown-output',
      /"y", "z", got one called "w"/,
    );
    expectRefusal(
      jsonBody({ inputs: [good], outputs: [{ name: 'y' }, { name: 'y' }] }),
      'duplicate-name',
      /output once, got "y"/,
    );
  });

  it('takes no outputs, an empty list and null as all of them', () => {
    for (const outputs of [undefined, [], null])
      expect(decode(jsonBody({ inputs: [good], outputs })).outputs).toBeUndefined();
  });
});

describe('id and parameters', () => {
  it('refuses an id that is not text or longer than the limit', () => {
    expectRefusal(jsonBody({ id: 7, inputs: [good] }), 'invalid-request', /id of the request to be a string, got 7/);
    expectRefusal(jsonBody({ id: 'a'.repeat(257), inputs: [good] }), 'invalid-request', /at most 256 .*got 257/);
    expectRefusal(jsonBody('{"id":"\\ud800","inputs":[]}'), 'invalid-request', /Unicode/);
    expect(decode(jsonBody({ id: 'a'.repeat(256), inputs: [good] })).id).toHaveLength(256);
  });

  it('keeps strings, numbers and booleans, and integers beyond 2^53 with all their digits', () => {
    const text = `{"parameters":{"a":"b","n":-1.5,"t":true,"sequence_id":18446744073709551615,"min":-9223372036854775808,"far":1e300},"inputs":[${JSON.stringify(good)}]}`;
    expect(decode(jsonBody(text)).parameters).toEqual({
      a: 'b', n: -1.5, t: true, sequence_id: 18446744073709551615n, min: -9223372036854775808n, far: 1e300,
    }); // prettier-ignore
    const packed = msgpackBody({ parameters: { sequence_id: 18446744073709551615n, small: 5n }, inputs: [good] });
    expect(decode(packed).parameters).toEqual({ sequence_id: 18446744073709551615n, small: 5 });
  });

  it.each([
    ['{"p":null}', /string, a number or a boolean, got null/],
    ['{"p":[1]}', /got an array/],
    ['{"p":{}}', /got an object/],
    ['{"p":1e999}', /a finite number, got Infinity/],
    ['{"p":18446744073709551616}', /got 18446744073709551616/],
    ['{"p":123456789012345678901234567890}', /at most 64 bits/],
    ['{"p":"\\udfff"}', /Unicode text/],
    ['{"binary_data_output":1}', /to be a boolean, got 1/],
  ])('refuses the parameters %s', (parameters, words) => {
    expectRefusal(jsonBody(`{"parameters":${parameters},"inputs":[${JSON.stringify(good)}]}`), 'bad-parameter', words);
  });

  it('refuses parameters that are not an object, and more than the limit', () => {
    expectRefusal(
      jsonBody({ parameters: [1], inputs: [good] }),
      'invalid-request',
      /parameters of the request to be an object/,
    );
    const parameters = Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`p${at}`, at]));
    expectRefusal(
      jsonBody({ parameters, inputs: [good] }),
      'bad-parameter',
      /at most 64 parameters of the request, got 65/,
    );
    expectInputRefusal({ parameters }, 'bad-parameter', /of input "x", got 65/);
  });

  it('refuses a binary_data_size that is no size, and one without the header', () => {
    for (const size of [-1, 1.5, '3', true]) {
      expectInputRefusal({ parameters: { binary_data_size: size } }, 'bad-parameter', /non-negative integer/);
    }
    expectInputRefusal(
      { parameters: { binary_data_size: 12 } },
      'bad-header',
      /Inference-Header-Content-Length.*got none/,
    );
    expectRefusal(
      msgpackBody({ inputs: [{ ...good, parameters: { binary_data_size: 12 } }] }),
      'bad-parameter',
      /no binary_data_size/,
    );
  });
});

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
    for (const element of ['"12", 9007199254740993', '[3], 9007199254740993', '{"a":3}, 9007199254740993']) {
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

describe('msgpack framing', () => {
  const expectMalformed = (bytes: readonly number[], words: RegExp, code: ErrorCode = 'malformed-msgpack'): void =>
    expectRefusal(msgpackBody(Uint8Array.from(bytes)), code, words);

  it('reads both media types, data as bytes or as arrays, flat or nested', () => {
    const data = new Uint8Array(Int32Array.of(1, 2, 3).buffer);
    for (const value of [data, [1, 2, 3], [[1, 2, 3]], [1n, 2, 3]]) {
      const body = { ...msgpackBody({ inputs: [{ ...good, data: value }] }), contentType: 'application/x-msgpack' };
      expect(decode(body).inputs[0]!.data).toEqual(Int32Array.of(1, 2, 3));
    }
  });

  it('reads native 64-bit integers with all their digits and refuses doubles that may have lost some', () => {
    const input = { name: 'x', datatype: 'INT64', shape: [2] };
    const read = (data: unknown[]) =>
      decode(msgpackBody({ inputs: [{ ...input, data }] }), { signature: only('INT64') });
    expect(read([-9223372036854775808n, 9007199254740993n]).inputs[0]!.data).toEqual(
      BigInt64Array.of(-9223372036854775808n, 9007199254740993n),
    );
    expect(read([5_000_000_000, -1]).inputs[0]!.data).toEqual(BigInt64Array.of(5_000_000_000n, -1n));
    expectRefusal(msgpackBody({ inputs: [{ ...input, data: [2 ** 60, 0] }] }), 'value-out-of-range', /digits/, {
      signature: only('INT64'),
    });
    expectRefusal(msgpackBody({ inputs: [{ ...input, data: [2n ** 63n, 0] }] }), 'value-out-of-range', /digits/, {
      signature: only('INT64'),
    });
  });

  it('reads NaN, infinities and integers as floats, and refuses finite overflow', () => {
    const input = { name: 'x', datatype: 'FP32', shape: [4] };
    const body = msgpackBody({ inputs: [{ ...input, data: [NaN, -Infinity, 3n, -0.0] }] });
    const data = decode(body, { signature: only('FP32') }).inputs[0]!.data as Float32Array;
    expect([...data].map(String)).toEqual(['NaN', '-Infinity', '3', '0']);
    expectRefusal(msgpackBody({ inputs: [{ ...input, data: [1e39, 0, 0, 0] }] }), 'value-out-of-range', /FP32/, {
      signature: only('FP32'),
    });
  });

  it.each([
    ['fixext 1 (a msgpackr record)', [0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1]],
    ['a 32-bit timestamp', [0xd6, 0xff, 0, 0, 0, 1]],
    ['fixext 2', [0xd5, 1, 0, 0]],
    ['fixext 8', [0xd7, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['fixext 16', [0xd8, 1, ...new Array<number>(16).fill(0)]],
    ['ext 8 (a typed array of msgpackr)', [0xc7, 1, 0x74, 0]],
    ['ext 16', [0xc8, 0, 1, 0x74, 0]],
    ['ext 32', [0xc9, 0, 0, 0, 1, 0x74, 0]],
  ])('refuses %s, also deep inside', (_, bytes) => {
    expectMalformed(bytes, /no extension types/);
    expectMalformed([0x81, 0xa1, 0x61, 0x91, ...bytes], /no extension types/);
  });

  it('refuses the byte that msgpack never uses', () => expectMalformed([0x91, 0xc1], /0xc1/));

  it('refuses bytes after the value', () => expectMalformed([0x80, 0xc0], /one value of 1 bytes, got a body of 2/));

  it('refuses an empty body', () => expectMalformed([], /at least 1 more bytes at byte 0, got 0/));

  it('refuses every truncation of a good body', () => {
    const whole = pack({
      inputs: [{ ...good, data: new Uint8Array(12) }],
      id: 'é'.repeat(20),
      parameters: { a: 1n, b: 1.5 },
    });
    for (let length = 0; length < whole.length; length++) {
      expectMalformed([...whole.subarray(0, length)], /more bytes/);
    }
  });

  it('refuses counts that exceed the bytes without allocating for them', () => {
    for (const bytes of [
      [0xdd, 0xff, 0xff, 0xff, 0xff],
      [0xdf, 0xff, 0xff, 0xff, 0xff],
      [0xdc, 0xff, 0xff],
      [0xde, 0xff, 0xff],
      [0xc6, 0xff, 0xff, 0xff, 0xff],
      [0xdb, 0xff, 0xff, 0xff, 0xff],
      [0xd9, 5, 65],
      [0x9f],
      [0x8f],
    ]) {
      expectMalformed(bytes, /expected at least \d+ more bytes at byte \d+, got \d/);
    }
  });

  it('refuses nesting 100,000 deep, in arrays and in maps', () => {
    expectMalformed(new Array<number>(100_000).fill(0x91), /at most 32 levels/, 'json-too-deep');
    const maps = Array.from({ length: 100_000 }, () => [0x81, 0xa1, 0x61]).flat();
    expectMalformed(maps, /at most 32 levels/, 'json-too-deep');
  });

  it('refuses a body of so many arrays that their objects would fill the heap', () => {
    const count = 600_000;
    const bytes = new Uint8Array(5 + count).fill(0x90);
    bytes.set([0xdd, 0, (count >>> 16) & 255, (count >>> 8) & 255, count & 255]);
    expectRefusal(msgpackBody(bytes), 'tensor-too-large', /at most 500000 arrays/);
  });

  it('refuses maps with keys that are not text', () => {
    for (const key of [[1], [0xc0], [0xc3], [0x90], [0x80], [0xc4, 0], [0xcb, 0, 0, 0, 0, 0, 0, 0, 0], [0xff]]) {
      expectMalformed([0x81, ...key, 0xc0], /every map key to be text/);
    }
  });

  it.each(['__proto__', 'constructor', 'prototype'])('refuses the key %s anywhere, in every length of text', (key) => {
    const name = [...utf8(key)];
    for (const head of [
      [0xa0 + name.length],
      [0xd9, name.length],
      [0xda, 0, name.length],
      [0xdb, 0, 0, 0, name.length],
    ]) {
      expectMalformed([0x81, ...head, ...name, 0xc0], new RegExp(key), 'forbidden-key');
      expectMalformed([0x81, 0xa1, 0x61, 0x81, ...head, ...name, 0xc0], new RegExp(key), 'forbidden-key');
    }
  });

  it('refuses text that is not UTF-8, and the byte order mark that its reader would drop', () => {
    expectMalformed([0x81, 0xa1, 0x61, 0xa2, 0xc3, 0x28], /UTF-8, got 2 bytes/);
    expectMalformed([0x81, 0xa1, 0x61, 0xa3, 0xef, 0xbb, 0xbf], /byte order mark/);
  });

  it('refuses what is no map', () => {
    expectMalformed([0xc0], /request to be an object, got null/, 'invalid-request');
    expectMalformed([0xc4, 1, 7], /got bytes/, 'invalid-request');
    expectMalformed([0x05], /got 5/, 'invalid-request');
  });

  it('refuses bytes whose number is not what the shape asks for', () => {
    expectRefusal(
      msgpackBody({ inputs: [{ ...good, data: new Uint8Array(11) }] }),
      'wrong-byte-size',
      /expected 12 .* got 11/,
    );
    expectRefusal(msgpackBody({ inputs: [{ ...good, data: 5 }] }), 'invalid-request', /bytes or an array, got 5/);
  });
});
