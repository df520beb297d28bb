import { expect } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { ErrorCode } from '../../../shared/errors/error-codes.js';
import { decodeInferRequest, type WireBody } from '../../../shared/protocol/codec.js';
import { defaultLimits, type Limits } from '../../../shared/protocol/limits.js';
import type { Signature } from '../../../shared/protocol/tensor.js';
import { jsonBody } from './request-body.js';

/** A model of one input and two outputs. */
export const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'INT32', shape: [-1, 3] }],
  outputs: [
    { name: 'y', datatype: 'FP32', shape: [-1] },
    { name: 'z', datatype: 'FP32', shape: [-1] },
  ],
};
/** The input that every refused one is a change of. */
export const good = { name: 'x', datatype: 'INT32', shape: [1, 3], data: [1, 2, 3] };
/** A model of one input of this datatype. */
export const only = (datatype: Signature['inputs'][0]['datatype'], shape: number[] = [-1]): Signature => ({
  inputs: [{ name: 'x', datatype, shape }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
});

export interface Options {
  signature?: Signature;
  limits?: Partial<Limits>;
}

export function decode(body: WireBody, options: Options = {}): ReturnType<typeof decodeInferRequest> {
  return decodeInferRequest(body, options.signature ?? signature, { ...defaultLimits, ...options.limits });
}

export function expectRefusal(body: WireBody, code: ErrorCode, words: RegExp, options: Options = {}): void {
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

export const expectInputRefusal = (change: object, code: ErrorCode, words: RegExp, options?: Options): void =>
  expectRefusal(jsonBody({ inputs: [{ ...good, ...change }] }), code, words, options);
