import { pieceReader } from '../../../shared/http/piece-reader.js';

/** A body that is several files one after the other, each read into memory of its own: nothing is held twice. */
export async function readParts(request: Request, sizes: readonly number[]): Promise<Uint8Array[]> {
  const parts = sizes.map((bytes) => new Uint8Array(bytes));
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0);
  const reader = request.body === null ? undefined : pieceReader(request.body as ReadableStream<Uint8Array>, total);
  let [part, offset, came] = [0, 0, 0];
  for (;;) {
    const piece = await reader?.read();
    if (piece === undefined || piece.done) break;
    let rest = piece.value;
    came += rest.byteLength;
    while (rest.byteLength > 0) {
      while (part < parts.length && offset === parts[part]?.byteLength) [part, offset] = [part + 1, 0];
      const target = parts[part];
      if (target === undefined) throw new Error(`expected ${total} bytes, got ${came}`);
      const fits = rest.subarray(0, target.byteLength - offset);
      target.set(fits, offset);
      offset += fits.byteLength;
      rest = rest.subarray(fits.byteLength);
    }
  }
  if (came !== total) throw new Error(`expected ${total} bytes, got ${came}`);
  return parts;
}
