import { describe, expect, it } from 'vitest';
import { checkBodyFits, checkInputsFit, rpcBytesMax } from '../../../edge/gateway/rpc-size.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

const tensor = (data: Tensor['data']): Tensor => ({ name: 'x', datatype: 'UINT8', shape: [data.length], data });
const tooLarge = { code: 'tensor-too-large', status: 413 };
const thrownBy = (call: () => void): unknown => {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('what is handed to the model host in one call', () => {
  it('may be as large as a message, and no larger', () => {
    expect(() => checkInputsFit([tensor(new Uint8Array(rpcBytesMax))])).not.toThrow();
    const error = thrownBy(() => checkInputsFit([tensor(new Uint8Array(rpcBytesMax)), tensor(new Uint8Array(1))]));
    expect(error).toMatchObject({ ...tooLarge, message: new RegExp(`${rpcBytesMax} bytes at the edge, got ${rpcBytesMax + 1}`) }); // prettier-ignore
  });

  it('counts a buffer once, however many tensors show parts of it, and as a whole, however small they are', () => {
    const body = new Uint8Array(rpcBytesMax);
    const parts = [tensor(body.subarray(0, 9)), tensor(body.subarray(9))];
    expect(() => checkInputsFit(parts)).not.toThrow();
    const small = tensor(new Uint8Array(rpcBytesMax + 1).subarray(0, 1));
    expect(thrownBy(() => checkInputsFit([small]))).toMatchObject(tooLarge);
  });

  it('counts text by its characters and its elements', () => {
    const texts = new Array<string>(1_000_000).fill('sixteen letters!');
    expect(thrownBy(() => checkInputsFit([{ ...tensor(texts), datatype: 'BYTES' }]))).toMatchObject(tooLarge);
    expect(() => checkInputsFit([{ ...tensor(['a', 'b']), datatype: 'BYTES' }])).not.toThrow();
  });

  it('holds for a body of predict as well', () => {
    expect(() => checkBodyFits(new Uint8Array(rpcBytesMax))).not.toThrow();
    expect(thrownBy(() => checkBodyFits(new Uint8Array(rpcBytesMax + 1)))).toMatchObject({ code: 'body-too-large' });
  });
});
