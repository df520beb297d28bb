import { describe, expect, it } from 'vitest';
import { BrinkError } from '../../../shared/errors/brink-error.js';
import type { ErrorCode } from '../../../shared/errors/error-codes.js';
import {
  chooseResponseFormat,
  decodeInferRequest,
  encodeInferResponse,
  type WireBody,
} from '../../../shared/protocol/codec.js';
import { datatypes } from '../../../shared/protocol/datatype.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Signature, Tensor } from '../../../shared/protocol/tensor.js';
import { mutateBody } from '../../harness/mutate.js';
import { seededRandom } from '../../harness/random.js';
import { finiteTensor, randomTensor } from './random-tensor.js';
import { msgpackBody, requestInBinary, requestInJson, requestInMsgpack, signatureOf } from './request-body.js';

const mutations = 20_000;

/** What a body that does not pass its framing is refused with. */
const framingCodes: readonly ErrorCode[] = [
  'malformed-json', 'malformed-msgpack', 'malformed-binary', 'bad-header', 'json-too-deep',
]; // prettier-ignore

interface Seed {
  readonly body: WireBody;
  readonly signature: Signature;
}

function seedsOf(write: (tensors: readonly Tensor[]) => WireBody): Seed[] {
  const random = seededRandom(7);
  return datatypes.map((datatype) => {
    const tensor = finiteTensor(randomTensor('x', datatype, random));
    const small = ArrayBuffer.isView(tensor.data) ? tensor.data.slice(0, 6) : tensor.data.slice(0, 6);
    const sent = [{ ...tensor, shape: [2, 3], data: small }];
    return { body: write(sent), signature: signatureOf(sent) };
  });
}

/** Every refusal must be the caller's fault, short, and free of what is ours. */
function expectPresentable(error: unknown): ErrorCode {
  if (!(error instanceof BrinkError)) throw error;
  const inside = /node:|\.ts\b|\.js\b|\bat \w+ \(|\/\w+\/\w+\/|Error:|undefined|\[object/;
  if (error.status >= 500 || error.message.length > 400 || inside.test(error.message)) throw error;
  return error.code;
}

function fuzz(
  seeds: readonly Seed[],
  randomSeed: number,
): { passedFraming: number; accepted: number; codes: Set<ErrorCode> } {
  const random = seededRandom(randomSeed);
  const codes = new Set<ErrorCode>();
  let accepted = 0;
  let passedFraming = 0;
  for (let round = 0; round < mutations; round++) {
    const { body, signature } = seeds[round % seeds.length]!;
    const mutated = { ...body, bytes: mutateBody(body.bytes, random) };
    try {
      const request = decodeInferRequest(mutated, signature, defaultLimits);
      accepted++;
      passedFraming++;
      const choice = chooseResponseFormat(mutated, undefined, request);
      encodeInferResponse({ modelName: 'm', modelVersion: 'v', id: request.id, outputs: request.inputs }, choice);
    } catch (error) {
      const code = expectPresentable(error);
      codes.add(code);
      if (!framingCodes.includes(code)) passedFraming++;
    }
  }
  return { passedFraming, accepted, codes };
}

describe('the mutator', () => {
  it('gives the same mutations for the same seed, others for another, and leaves its input alone', () => {
    const { bytes } = requestInJson([finiteTensor(randomTensor('x', 'FP32', seededRandom(1)))]);
    const before = bytes.slice();
    const series = (seed: number): string => {
      const random = seededRandom(seed);
      return Array.from({ length: 50 }, () => mutateBody(bytes, random).join()).join(';');
    };
    expect(series(5)).toBe(series(5));
    expect(series(5)).not.toBe(series(6));
    expect(bytes).toEqual(before);
  });

  it('mutates a body of no bytes without failing', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 200; round++) expect(mutateBody(new Uint8Array(0), random)).toBeInstanceOf(Uint8Array);
  });
});

describe(`${mutations} seeded mutations of good requests`, () => {
  it.each([
    ['JSON', requestInJson],
    ['the binary extension', requestInBinary],
    ['msgpack', requestInMsgpack],
    ['msgpack with arrays', requestInMsgpackArrays],
  ] as const)('of %s end in a request or in a 4xx, and a fifth or more pass the framing', (_, write) => {
    const { passedFraming, accepted, codes } = fuzz(seedsOf(write), 1234);
    expect(passedFraming).toBeGreaterThanOrEqual(mutations / 5);
    expect(accepted).toBeGreaterThan(mutations / 20);
    expect(codes.size).toBeGreaterThanOrEqual(8);
  });

  it('of the raw form end in a request or in a 4xx', () => {
    const seeds = seedsOf((tensors) => ({ ...requestInBinary(tensors), inferenceHeaderLength: '0' })).map((seed) => ({
      ...seed,
      signature: { ...seed.signature, inputs: seed.signature.inputs.map((input) => ({ ...input, shape: [-1, -1] })) },
    }));
    expect(fuzz(seeds, 99).passedFraming).toBeGreaterThanOrEqual(mutations / 5);
  });
});

function requestInMsgpackArrays(tensors: readonly Tensor[]): WireBody {
  return msgpackBody(JSON.parse(new TextDecoder().decode(requestInJson(tensors).bytes)));
}
