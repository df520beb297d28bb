import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/** What goes to the model host in one call: an RPC message of workerd may have 32 MiB, the manifest among them. */
export const rpcBytesMax = 31 * 1024 * 1024;

/** Throws `tensor-too-large` for inputs that cannot be handed to the host: another tier may still take them. */
export function checkInputsFit(inputs: readonly Tensor[]): void {
  const bytes = bytesInMessage(inputs);
  if (bytes <= rpcBytesMax) return;
  throw new BrinkError('tensor-too-large', `expected inputs of at most ${rpcBytesMax} bytes at the edge, got ${bytes}`);
}

/** Throws `body-too-large`, likewise. */
export function checkBodyFits(bytes: Uint8Array): void {
  const { byteLength } = bytes.buffer;
  if (byteLength <= rpcBytesMax) return;
  throw new BrinkError('body-too-large', `expected a body of at most ${rpcBytesMax} bytes at the edge, got ${bytes.byteLength}`); // prettier-ignore
}

/** A message holds the whole buffer under a view, once however many views there are. */
function bytesInMessage(tensors: readonly Tensor[]): number {
  const buffers = new Set<ArrayBufferLike>();
  let bytes = 0;
  for (const { data } of tensors) {
    if (ArrayBuffer.isView(data)) buffers.add(data.buffer);
    else bytes += textBytes(data);
  }
  for (const { byteLength } of buffers) bytes += byteLength;
  return bytes;
}

/** At most two bytes for each UTF-16 unit, and a little for each element. */
const textBytes = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + 2 * text.length + 8, 0);
