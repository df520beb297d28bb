import { BrinkError } from '../errors/brink-error.js';
import type { InputHead } from './array-data.js';
import { decodeBytesElements, encodeBytesElements } from './bytes-elements.js';
import { fixedLayouts, type TensorData } from './datatype.js';
import type { Limits } from './limits.js';
import { quoted, shapeText } from './quote-text.js';
import type { Tensor } from './tensor.js';

/**
 * A tensor's elements from their bytes: little-endian, row-major. What lies at an aligned address is viewed in place,
 * anything else is copied once. All runtimes that we know are little-endian.
 */
export function dataFromBytes(head: InputHead, bytes: Uint8Array, limits: Limits): TensorData {
  if (head.datatype === 'BYTES') {
    checkBytesElements(head, limits);
    return decodeBytesElements(head.name, bytes, head.count);
  }
  const layout = fixedLayouts[head.datatype];
  const size = head.count * layout.bytes;
  if (bytes.length !== size) {
    throw new BrinkError(
      'wrong-byte-size',
      `expected ${size} bytes for input ${quoted(head.name)} of ${head.datatype} ${shapeText(head.shape)}, got ${bytes.length}`,
    );
  }
  if (head.datatype === 'BOOL') checkBooleans(head, bytes);
  const aligned = bytes.byteOffset % layout.bytes === 0;
  // not slice(): on a Node Buffer that is a view of the same, still unaligned memory
  const source = aligned ? bytes : Uint8Array.prototype.slice.call(bytes);
  return new layout.array(source.buffer, source.byteOffset, head.count);
}

function checkBooleans(head: InputHead, bytes: Uint8Array): void {
  const at = bytes.findIndex((byte) => byte > 1);
  if (at === -1) return;
  throw new BrinkError(
    'value-out-of-range',
    `expected element ${at} of input ${quoted(head.name)} to be a byte 0 or 1, got ${bytes[at] ?? 0}`,
  );
}

/** Strings cost far more in memory than on the wire, so their number has a limit of its own. */
export function checkBytesElements(head: Pick<InputHead, 'name' | 'count'>, limits: Limits): void {
  if (head.count <= limits.bytesElementsMax) return;
  throw new BrinkError(
    'tensor-too-large',
    `expected at most ${limits.bytesElementsMax} BYTES elements for input ${quoted(head.name)}, got ${head.count}`,
  );
}

/** A tensor's bytes on the wire, not copied where its datatype is fixed. */
export function bytesOfTensor({ data }: Tensor): Uint8Array {
  if (!ArrayBuffer.isView(data)) return encodeBytesElements(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
