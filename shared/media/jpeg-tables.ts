import { badImage } from './image-limits.js';
import type { JpegFrame } from './jpeg-frame.js';

// The decoder believes the lengths inside these segments and recovers from wrong ones by guessing; so that it sees the
// same segments as we do, each must fill its segment exactly (ITU T.81, B.2.4 and B.2.3).

export function checkQuantizationTables(body: Uint8Array): void {
  let offset = 0;
  while (offset < body.length) {
    const wide = (body[offset] ?? 0) >> 4;
    if (wide > 1) throw badImage(`expected JPEG quantization values of 8 or 16 bits (0 or 1), got ${wide}`);
    offset += 1 + 64 * (1 + wide);
  }
  if (offset !== body.length) throw badImage('a JPEG quantization table does not fill its segment');
}

export function checkHuffmanTables(body: Uint8Array): void {
  let offset = 0;
  while (offset < body.length) {
    const codes = body.subarray(offset + 1, offset + 17).reduce((sum, count) => sum + count, 0);
    if (codes > 256) throw badImage(`expected at most 256 codes in a JPEG Huffman table, got ${codes}`);
    offset += 17 + codes;
  }
  if (offset !== body.length) throw badImage('a JPEG Huffman table does not fill its segment');
}

export function checkRestartInterval(body: Uint8Array): void {
  if (body.length !== 2) throw badImage(`expected a JPEG restart interval of 2 bytes, got ${body.length}`);
}

export function checkScan(body: Uint8Array, frame: JpegFrame): void {
  const count = body[0] ?? 0;
  const most = frame.components.length;
  if (count < 1 || count > most) throw badImage(`expected a JPEG scan of 1 to ${most} components, got ${count}`);
  if (body.length !== 4 + 2 * count) {
    throw badImage(`expected a JPEG scan header of ${4 + 2 * count} bytes, got ${body.length}`);
  }
  for (let i = 0; i < count; i++) {
    const id = body[1 + 2 * i];
    if (!frame.components.some((component) => component.id === id)) {
      throw badImage(`expected a JPEG scan of the frame's own components, got component ${id ?? 0}`);
    }
  }
  const [first = 0, last = 0, bits = 0] = body.subarray(1 + 2 * count);
  if (frame.progressive && (first > last || last > 63 || bits >> 4 > 13 || (bits & 15) > 13)) {
    throw badImage(`a JPEG scan asks for coefficients ${first} to ${last}, which there are not, or bits ${bits}`);
  }
}
