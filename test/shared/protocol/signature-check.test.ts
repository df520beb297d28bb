import { describe, expect, it } from 'vitest';
import { decode, expectInputRefusal, expectRefusal, good, only } from './refusal.js';
import { binaryBody, jsonBody, msgpackBody } from './request-body.js';

describe('inputs and outputs against the signature', () => {
  it('refuses an input that the model does not have, naming those it has', () => {
    expectInputRefusal({ name: 'w' }, 'unknown-input', /"x", got one called "w"/);
  });

  it('shows a name made to hurt a terminal or a log harmless and short', () => {
    expectInputRefusal({ name: `\u001b[2J\r\n${'a'.repeat(5000)}` }, 'unknown-input', /^[^\u0000-\u001f]+…"$/);
  });

  it('says in a short message that long names and long shapes do not fit', () => {
    const name = 'n'.repeat(256);
    const options = { signature: only('INT32', new Array<number>(16).fill(-1)) };
    options.signature.inputs[0]!.name = name;
    const shape = new Array<number>(15).fill(2 ** 31 - 1);
    expectInputRefusal({ name, shape }, 'wrong-shape', /any size/, options);
    expectInputRefusal({ name, shape: [...shape, 1] }, 'wrong-element-count', /at most/, options);
    const names = Array.from({ length: 20 }, (_, at) => `${name.slice(2)}${at}`);
    const inputs = names.map((each) => ({ name: each, datatype: 'INT32' as const, shape: [] }));
    expectInputRefusal({}, 'unknown-input', /and 17 more/, { signature: { ...options.signature, inputs } });
  });

  it('refuses a request without one of the inputs, or without any', () => {
    expectRefusal(jsonBody({}), 'missing-input', /every input of the model, 1 in all, got 0: missing "x"/);
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
