/** Emscripten asks for a fifth more than there is, then for a tenth, then for a twentieth; and for no less than it needs. */
const attempts = 3;

/**
 * Has a memory grow by what is needed and a twentieth, not by a fifth: wasm memory never shrinks, and an isolate has 128 MB.
 * Emscripten's `_emscripten_resize_heap` tries three times with less each time when growing fails; here the first two do.
 */
export function growSparingly(memory: WebAssembly.Memory): void {
  const grow = memory.grow.bind(memory);
  let bytes = -1;
  let attempt = 0;
  memory.grow = (pages: number): number => {
    const { byteLength } = memory.buffer;
    attempt = byteLength === bytes ? attempt + 1 : 1;
    bytes = byteLength;
    if (attempt < attempts) throw new RangeError('expected a smaller step');
    attempt = 0;
    return grow(pages);
  };
}
