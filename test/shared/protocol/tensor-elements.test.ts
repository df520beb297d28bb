import { describe, it } from 'vitest';
import { binaryBody, jsonBody, msgpackBody, rawBody } from './request-body.js';
import { decode, expectRefusal, only } from './refusal.js';

const input = { name: 'x', datatype: 'INT8', shape: [1, 3] };
const options = { signature: only('INT8', [-1, -1]), limits: { tensorElementsMax: 2 } };
const bytes = new Uint8Array(3);
const bodies = [
  ['JSON', jsonBody({ inputs: [{ ...input, data: [1, 2, 3] }] })],
  ['the binary extension', binaryBody({ inputs: [{ ...input, parameters: { binary_data_size: 3 } }] }, [bytes])],
  ['the raw form', rawBody(bytes)],
  ['msgpack', msgpackBody({ inputs: [{ ...input, data: bytes }] })],
] as const;

describe('the elements of an input', () => {
  it.each(bodies)('beyond the limit are refused in %s with both numbers', (_, body) => {
    expectRefusal(body, 'tensor-too-large', /^expected at most 2 elements for input "x", got 3$/, options);
  });

  it.each(bodies)('up to the limit are read in %s', (_, body) => {
    decode(body, { ...options, limits: { tensorElementsMax: 3 } });
  });

  it('are counted by the shape, before the data are looked at', () => {
    const body = jsonBody({ inputs: [{ ...input, data: 'no data at all' }] });
    expectRefusal(body, 'tensor-too-large', /at most 2 elements/, options);
  });
});
