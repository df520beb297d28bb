import { describe, expect, it } from 'vitest';
import { outputOf, requestIn, wireFormats } from '../../../scripts/bench/edge/wire-format.js';
import { checkAnswer } from '../../../scripts/bench/edge/steps.js';
import { worstError } from '../../../scripts/bench/edge/worst-error.js';
import { chooseResponseFormat, decodeInferRequest, encodeInferResponse } from '../../../shared/protocol/codec.js';
import { defaultLimits } from '../../../shared/protocol/limits.js';
import type { Signature } from '../../../shared/protocol/tensor.js';

const data = Float32Array.of(1 / 3, -1, 0.007_843_137_4, 1e-7);
const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 2] }],
};

describe.each(wireFormats)('a request of the benchmark in %s', (format) => {
  const { headers, body } = requestIn(format, { input: { name: 'x', shape: [2, 2], data } });
  const wire = {
    contentType: headers['content-type'] ?? '',
    inferenceHeaderLength: headers['inference-header-content-length'],
    bytes: body,
  };
  const request = decodeInferRequest(wire, signature, defaultLimits);

  it('means the same tensor to the bit', () => {
    expect(request.inputs).toEqual([{ name: 'x', datatype: 'FP32', shape: [2, 2], data }]);
  });

  it('gets an answer that the benchmark reads', () => {
    const choice = chooseResponseFormat(wire, undefined, request);
    expect(choice.format).toBe(format);
    const outputs = [{ name: 'y', datatype: 'FP32' as const, shape: [2, 2], data }];
    const answer = encodeInferResponse({ modelName: 'm', modelVersion: 'v1', id: undefined, outputs }, choice);
    const length = answer.inferenceHeaderLength;
    const read = outputOf(format, {
      bytes: answer.bytes,
      headers: { 'inference-header-content-length': length === undefined ? undefined : String(length) },
    });
    expect(worstError(read, data)).toBe(0);
  });
});

describe('an answer', () => {
  it('is as wrong as its worst element, absolute or relative', () => {
    expect(worstError([1, 2.5], [1, 2])).toBe(0.25);
    expect(worstError([0.1], [0])).toBe(0.1);
  });

  it('is entirely wrong when something is missing or no number', () => {
    expect(worstError([], [])).toBe(Infinity);
    expect(worstError([1], [1, 2])).toBe(Infinity);
    expect(worstError([NaN, 1], [1, 1])).toBe(Infinity);
    expect(worstError([1, 1], [1, NaN])).toBe(Infinity);
  });

  it('is let pass within 1e-3, and fails the benchmark beyond, also as JSON has Infinity', () => {
    expect(() => checkAnswer('it', 0.001)).not.toThrow();
    for (const worst of [0.001_1, Infinity, NaN, null]) expect(() => checkAnswer('it', worst)).toThrow(/within 0.001/);
  });
});
