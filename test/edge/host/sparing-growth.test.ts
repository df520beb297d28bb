import { describe, expect, it } from 'vitest';
import { growSparingly } from '../../../edge/host/sparing-growth.js';

const page = 65_536;

describe('a memory that grows sparingly', () => {
  it('grows at the third and smallest step that Emscripten asks for, each time anew', () => {
    const memory = new WebAssembly.Memory({ initial: 10, maximum: 100 });
    growSparingly(memory);
    for (const [asked, bytes] of [
      [[5, 3, 1], 11],
      [[6, 4, 2], 13],
    ] as const) {
      // prettier-ignore
      const [first, second, third] = asked;
      expect(() => memory.grow(first)).toThrow(RangeError);
      expect(() => memory.grow(second)).toThrow(RangeError);
      memory.grow(third);
      expect(memory.buffer.byteLength).toBe(bytes * page);
    }
  });

  it('still ends at its maximum', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2 });
    growSparingly(memory);
    for (let attempt = 0; attempt < 3; attempt += 1) expect(() => memory.grow(2)).toThrow(RangeError);
    expect(memory.buffer.byteLength).toBe(page);
  });
});
