import { BrinkError } from '../../shared/errors/brink-error.js';
import { type Datatype, type FixedArray, fixedLayouts, type TensorData } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { BatchTensor } from '../engine/runner.js';
import type { Slab } from './slab.js';

/**
 * What goes over the socket between the server and a runner:
 *   u32 bytes of the whole frame · u32 bytes of the JSON · JSON {header, tensors} · each tensor's bytes.
 * Little-endian (both ends are one machine). The JSON is padded with blanks and each tensor with zeros to a multiple of
 * 8, so that the receiver makes views on the frame it received instead of copying. BYTES: u32 length, then UTF-8, each.
 * With a slab the tensors' bytes may lie there instead: the JSON then has `slab`, their number.
 */
const prefixBytes = 8;
const alignment = 8;

/** Of one frame: well over any request body, well under what would hurt the server. */
export const frameBytesMax = 512 * 1024 * 1024;

interface TensorEntry {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly bytes: number;
}

export interface Frame {
  readonly header: unknown;
  readonly tensors: readonly Tensor[];
  /** The tensors' memory is used again after this. Absent: it is theirs. */
  readonly giveBack?: (() => void) | undefined;
}

const zeros = new Uint8Array(alignment);
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/**
 * The chunks of a frame, to be written in order. Tensor memory is not copied, and the parts of a tensor follow each
 * other without a gap: what arrives is one tensor. Leave their memory alone until it is written.
 */
export function encodeFrame(
  header: object,
  tensors: readonly BatchTensor[],
  { bytesMax = frameBytesMax, slab }: { readonly bytesMax?: number; readonly slab?: Slab | undefined } = {},
): Uint8Array[] {
  const entries: TensorEntry[] = [];
  const chunks: Uint8Array[] = [];
  let tensorBytes = 0;
  for (const { name, datatype, shape, parts } of tensors) {
    let bytes = 0;
    for (const part of parts) {
      const payload = bytesOf(datatype, part);
      chunks.push(payload);
      bytes += payload.byteLength;
    }
    const padding = aligned(bytes) - bytes;
    if (padding > 0) chunks.push(zeros.subarray(0, padding));
    entries.push({ name, datatype, shape, bytes });
    tensorBytes += bytes + padding;
  }
  checkFrameBytes(tensorBytes, bytesMax);
  const inSlab = slab?.write(chunks, tensorBytes) === true;
  const parts = inSlab ? { header, tensors: entries, slab: tensorBytes } : { header, tensors: entries };
  const json = Buffer.from(JSON.stringify(parts), 'utf8');
  const jsonBytes = aligned(json.byteLength);
  const frameBytes = prefixBytes + jsonBytes + (inSlab ? 0 : tensorBytes);
  checkFrameBytes(frameBytes, bytesMax);
  const head = Buffer.alloc(prefixBytes + jsonBytes, ' ');
  head.writeUInt32LE(frameBytes, 0);
  head.writeUInt32LE(jsonBytes, 4);
  head.set(json, prefixBytes);
  return inSlab ? [head] : [head, ...chunks];
}

function bytesOf(datatype: Datatype, data: TensorData): Uint8Array {
  if (datatype !== 'BYTES') {
    const view = data as FixedArray;
    return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  }
  const texts = (data as readonly string[]).map((text) => Buffer.from(text, 'utf8'));
  const bytes = Buffer.alloc(texts.reduce((sum, text) => sum + 4 + text.byteLength, 0));
  let offset = 0;
  for (const text of texts) {
    offset = bytes.writeUInt32LE(text.byteLength, offset);
    bytes.set(text, offset);
    offset += text.byteLength;
  }
  return bytes;
}

export function checkFrameBytes(frameBytes: number, bytesMax: number): void {
  if (frameBytes <= bytesMax) return;
  throw new BrinkError(
    'tensor-too-large',
    `expected at most ${bytesMax} bytes of tensors in one run, got ${frameBytes} bytes`,
  );
}

/**
 * A whole frame, as received into memory of its own. The tensors are views on it, or on the slab's: how long these stay as
 * they are, the slab says. Throws for what is no frame.
 */
export function decodeFrame(frame: ArrayBuffer, slab?: Slab): Frame {
  const jsonBytes = new DataView(frame).getUint32(4, true);
  const json = JSON.parse(Buffer.from(frame, prefixBytes, jsonBytes).toString('utf8')) as {
    header: unknown;
    tensors: readonly TensorEntry[];
    slab?: number;
  };
  const memory = json.slab === undefined ? undefined : slabOf(slab).read(json.slab);
  const bytes = memory?.bytes ?? new Uint8Array(frame, prefixBytes + jsonBytes);
  let offset = 0;
  const tensors = json.tensors.map(({ name, datatype, shape, bytes: tensorBytes }): Tensor => {
    const data =
      datatype === 'BYTES' ? textsOf(bytes, offset, tensorBytes) : viewOf(bytes, datatype, offset, tensorBytes);
    offset += aligned(tensorBytes);
    const tensor = { name, datatype, shape, data };
    checkElements(tensor);
    return tensor;
  });
  if (offset !== bytes.byteLength) {
    throw new Error(`expected ${bytes.byteLength} bytes of tensors, its parts have ${offset}`);
  }
  return { header: json.header, tensors, giveBack: memory?.giveBack };
}

function slabOf(slab: Slab | undefined): Slab {
  if (slab === undefined) throw new Error('expected the tensors in their frame: there is no shared memory');
  return slab;
}

function viewOf(
  { buffer, byteOffset }: Uint8Array,
  datatype: Exclude<Datatype, 'BYTES'>,
  offset: number,
  bytes: number,
): FixedArray {
  const { array, bytes: elementBytes } = fixedLayouts[datatype];
  return new array(buffer, byteOffset + offset, bytes / elementBytes);
}

/** A runner is where hostile models run: what it says of a tensor is checked before it reaches a caller. */
function checkElements({ name, datatype, shape, data }: Tensor): void {
  const elements = shape.reduce((product, size) => product * size, 1);
  const sizes = shape.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (typeof name === 'string' && sizes && data.length === elements) return;
  throw new Error(`expected a tensor of ${elements} elements (${datatype}), its bytes have ${data.length}`);
}

function textsOf({ buffer, byteOffset }: Uint8Array, offset: number, bytes: number): string[] {
  const payload = Buffer.from(buffer, byteOffset + offset, bytes);
  const texts: string[] = [];
  for (let at = 0; at < bytes;) {
    const length = payload.readUInt32LE(at);
    texts.push(payload.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return texts;
}
