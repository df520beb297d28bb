import { describe, expect, it } from 'vitest';
import { selectOutputs } from '../../../shared/protocol/select-outputs.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

const tensor = (name: string): Tensor => ({ name, datatype: 'UINT8', shape: [1], data: Uint8Array.of(1) });
const request = { id: undefined, parameters: {}, inputs: [] };

describe('selecting outputs', () => {
  const outputs = [tensor('a'), tensor('b'), tensor('c')];

  it('keeps all in their order when the request names none', () => {
    expect(selectOutputs({ ...request, outputs: undefined }, outputs)).toBe(outputs);
  });

  it('answers those that the request names, in its order', () => {
    const asked = ['c', 'a'].map((name) => ({ name, parameters: {} }));
    expect(selectOutputs({ ...request, outputs: asked }, outputs).map(({ name }) => name)).toEqual(['c', 'a']);
  });

  it('fails for an output that the engine left out', () => {
    expect(() => selectOutputs({ ...request, outputs: [{ name: 'd', parameters: {} }] }, outputs)).toThrow(/left out/);
  });
});
