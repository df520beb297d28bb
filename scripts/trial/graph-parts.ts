import type { GraphBytes } from '../publish/throw-away-runner.js';

const pieceBytes = 1024 * 1024;

/** A graph's bytes, then those of its external weights in the order in which they are named, in pieces. */
export async function* graphParts({ model, externalData }: GraphBytes): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < model.byteLength; at += pieceBytes) yield model.subarray(at, at + pieceBytes);
  for (const content of Object.values(externalData)) {
    const { byteLength } = content;
    for (let at = 0; at < byteLength; at += pieceBytes) {
      yield await content.read(at, Math.min(pieceBytes, byteLength - at));
    }
  }
}
