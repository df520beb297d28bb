import type { SlabCopy } from './slab.js';

/**
 * Always the same memory, as large as was ever asked for: what is read into it overwrites what was read before. For
 * inputs of runs that come one after the other; the pages of a new array cost more than what is copied into them.
 */
export function sameMemory(): (bytes: number) => SlabCopy {
  let memory = new ArrayBuffer(0);
  return (bytes) => {
    if (memory.byteLength < bytes) memory = Buffer.allocUnsafeSlow(bytes).buffer;
    return { bytes: new Uint8Array(memory, 0, bytes) };
  };
}
