import type { BrinkError } from '../errors/brink-error.js';

type Read = ReadableStreamReadResult<Uint8Array>;

/** As `collectBytes`, into memory that is there: answers as much of it as came. More than fits is `tooMany`. */
export async function fillBytes(
  reader: { read(): Promise<Read> },
  memory: Uint8Array,
  tooMany: (bytes: number) => BrinkError,
  check: () => void,
): Promise<Uint8Array> {
  let bytes = 0;
  for (;;) {
    check();
    const { done, value } = await reader.read();
    if (done) return bytes === memory.byteLength ? memory : memory.subarray(0, bytes);
    if (bytes + value.byteLength > memory.byteLength) throw tooMany(bytes + value.byteLength);
    memory.set(value, bytes);
    bytes += value.byteLength;
  }
}
