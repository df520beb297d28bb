import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import { decodeGolden, encodeGolden } from '../../../shared/golden/encode-golden.js';
import type { Golden } from '../../../shared/golden/golden.js';
import { goldenBytesMax } from '../../../shared/golden/golden-head.js';
import { sha256Hex } from '../../../shared/manifest/digest.js';
import { bytesOfTensor } from '../../../shared/protocol/binary-data.js';
import { datatypes } from '../../../shared/protocol/datatype.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';
import { integerBelow, oneOf, seededRandom } from '../../harness/random.js';
import { randomTensor } from '../protocol/random-tensor.js';

const float = (name: string, values: readonly number[], shape = [values.length]): Tensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});
const golden: Golden = { inputs: [float('x', [1, 2])], outputs: [float('y', [2, 4])] };
const encoded = encodeGolden(golden);
const headLength = new DataView(encoded.buffer).getUint32(9, true);

/** The golden of a head as it is given, and of the elements. */
function forged(head: string, elements = new Uint8Array(16)): Uint8Array {
  const text = new TextEncoder().encode(head);
  const bytes = new Uint8Array(13 + text.length + elements.length);
  bytes.set(encoded.subarray(0, 9));
  new DataView(bytes.buffer).setUint32(9, text.length, true);
  bytes.set(text, 13);
  bytes.set(elements, 13 + text.length);
  return bytes;
}

function failure(work: () => unknown): BrinkError {
  try {
    work();
  } catch (error) {
    if (error instanceof BrinkError) return error;
    throw error;
  }
  throw new Error('expected a failure');
}

const told = ({ name, datatype, shape, data }: Tensor): unknown => ({
  name,
  datatype,
  shape,
  bytes: [...bytesOfTensor({ name, datatype, shape, data })],
});

describe('a golden as bytes', () => {
  it('is the same on every machine', async () => {
    expect(await sha256Hex(encoded)).toBe('fdaaa3a86cdea9c4713e9a41ba2229a5c4696725e5e8caced67545ed6780210b');
    expect(new TextDecoder().decode(encoded.subarray(13, 13 + headLength))).toBe(
      '{"inputs":[{"bytes":8,"datatype":"FP32","name":"x","shape":[2]}],' +
        '"outputs":[{"bytes":8,"datatype":"FP32","name":"y","shape":[2]}]}',
    );
    expect([...encoded.subarray(13 + headLength)]).toEqual([
      0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0, 0x40, 0, 0, 0x80, 0x40,
    ]);
  });

  it('comes back to the bit, of every datatype, from any address', () => {
    const random = seededRandom(20);
    for (let round = 0; round < 40; round++) {
      const tensors = (side: string): Tensor[] =>
        Array.from({ length: 1 + integerBelow(random, 4) }, (_, at) =>
          randomTensor(`${side}${at}`, oneOf(random, datatypes), random),
        );
      const made: Golden = { inputs: tensors('in'), outputs: tensors('out') };
      const bytes = encodeGolden(made);
      const shift = integerBelow(random, 8);
      const moved = new Uint8Array(bytes.length + shift);
      moved.set(bytes, shift);
      const back = decodeGolden(moved.subarray(shift));
      expect([back.inputs.map(told), back.outputs.map(told)]).toEqual([made.inputs.map(told), made.outputs.map(told)]);
      expect(encodeGolden(back)).toEqual(bytes);
    }
  });

  it('has room for what is empty: no inputs, no elements, no axes', () => {
    const made: Golden = { inputs: [], outputs: [float('none', [], [2, 0]), float('one', [7], [])] };
    expect(decodeGolden(encodeGolden(made))).toEqual(made);
  });

  it('is read from a Node Buffer out of the middle of a pool', () => {
    expect(decodeGolden(Buffer.concat([Buffer.from('abc'), encoded]).subarray(3))).toEqual(golden);
  });

  it('is not made of what no golden may be', () => {
    const codeOf = (made: Golden): string => failure(() => encodeGolden(made)).code;
    expect(codeOf({ inputs: [], outputs: [] })).toBe('invalid-request');
    expect(codeOf({ inputs: [float('x', [1]), float('x', [1])], outputs: [float('y', [1])] })).toBe('invalid-request');
    const broken: Tensor = { name: 't', datatype: 'BYTES', shape: [1], data: ['\ud800'] };
    expect(codeOf({ inputs: [broken], outputs: [float('y', [1])] })).toBe('value-out-of-range');
    const large = { ...float('y', []), shape: [goldenBytesMax / 4], data: new Float32Array(goldenBytesMax / 4) };
    const error = failure(() => encodeGolden({ inputs: [], outputs: [large] }));
    expect([error.code, error.message]).toEqual([
      'tensor-too-large',
      expect.stringMatching(/^expected a golden of at most 67108864 bytes, got 6710\d+$/),
    ]);
  });
});

describe('bytes that are no golden', () => {
  const head = new TextDecoder().decode(encoded.subarray(13, 13 + headLength));

  it.each<[string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /begin as a golden/],
    ['another file', new TextEncoder().encode('<html>not found</html>'), /begin as a golden/],
    ['a later format', encoded.map((byte, at) => (at === 8 ? 2 : byte)), /begin as a golden/],
    ['a head that is longer than the file', encoded.map((byte, at) => (at === 12 ? 255 : byte)), /a head of at most/],
    ['one element too few', encoded.slice(0, -1), /expected \d+ bytes, got/],
    ['one byte too many', new Uint8Array([...encoded, 0]), /expected \d+ bytes, got/],
    ['a head that is no UTF-8', forged('x').map((byte, at) => (at === 13 ? 255 : byte)), /UTF-8/],
    ['a head that is no JSON', forged('{"inputs":'), /JSON/],
    ['a head of another kind', forged('[]'), /head is not one/],
    ['a head that is too deep', forged('['.repeat(100_000) + ']'.repeat(100_000)), /head/],
    ['a head in another spelling', forged(head.replace('{', '{ ')), /canonical/],
    ['a key twice', forged(head.replace('"bytes":8', '"bytes":9,"bytes":8')), /canonical/],
    ['a datatype that nobody knows', forged(head.replace('FP32', 'BF16')), /head is not one/],
    ['a name twice', forged(head.replace('"outputs":[', '"outputs":[{"bytes":8,"datatype":"FP32","name":"y","shape":[2]},'), new Uint8Array(24)), /each name once/], // prettier-ignore
    ['no outputs', forged('{"inputs":[],"outputs":[]}', new Uint8Array()), /head is not one/],
    ['a shape of more elements', forged(head.replace('[2]', '[3]')), /expected 12 bytes/],
    ['a shape of 2^62 elements', forged(head.replace('[2]', '[2147483647,2147483647]')), /elements/],
    ['bytes below zero', forged(head.replace('"bytes":8', '"bytes":-8')), /head is not one/],
  ])('are artifact-corrupt: %s', (_, bytes, message) => {
    const error = failure(() => decodeGolden(bytes));
    expect([error.code, error.message]).toEqual(['artifact-corrupt', expect.stringMatching(message)]);
  });

  it('are artifact-corrupt or another golden, wherever they are cut or a bit is flipped', () => {
    const random = seededRandom(21);
    for (let round = 0; round < 2_000; round++) {
      const bytes = encoded.slice(0, round % 3 === 0 ? integerBelow(random, encoded.length) : encoded.length);
      const at = integerBelow(random, Math.max(1, bytes.length));
      if (round % 3 !== 0) bytes[at] = (bytes[at] ?? 0) ^ (1 << integerBelow(random, 8));
      try {
        expect(encodeGolden(decodeGolden(bytes))).toEqual(bytes);
      } catch (error) {
        if (!(error instanceof BrinkError)) throw error;
        expect(error.code).toBe('artifact-corrupt');
      }
    }
  });
});
