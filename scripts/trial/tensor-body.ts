import { bytesOfTensor, dataFromBytes } from '../../shared/protocol/binary-data.js';
import type { Datatype } from '../../shared/protocol/datatype.js';
import { defaultLimits } from '../../shared/protocol/limits.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

interface Head {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly bytes: number;
}

const alignment = 8;
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

/**
 * Tensors between this process and a trial's isolate: the length of the head, the head as JSON, then the elements of each
 * as V2's binary extension has them, at multiples of 8 bytes so that they are viewed where they lie.
 */
export function encodeTensors(tensors: readonly Tensor[]): Uint8Array {
  const parts = tensors.map(bytesOfTensor);
  const heads = tensors.map(({ name, datatype, shape }, at): Head => ({ name, datatype, shape, bytes: parts[at]?.byteLength ?? 0 })); // prettier-ignore
  const head = new TextEncoder().encode(JSON.stringify(heads));
  let at = aligned(4 + head.byteLength);
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + aligned(part.byteLength), at));
  new DataView(bytes.buffer).setUint32(0, head.byteLength, true);
  bytes.set(head, 4);
  for (const part of parts) {
    bytes.set(part, at);
    at += aligned(part.byteLength);
  }
  return bytes;
}

/** What `encodeTensors` wrote; it comes from nobody else. */
export function decodeTensors(bytes: Uint8Array): Tensor[] {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const heads = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length))) as readonly Head[];
  let at = aligned(4 + length);
  return heads.map(({ name, datatype, shape, bytes: size }) => {
    const part = bytes.subarray(at, at + size);
    at += aligned(size);
    const count = shape.reduce((product, axis) => product * axis, 1);
    return { name, datatype, shape, data: dataFromBytes({ name, datatype, shape: [...shape], count }, part, limits) };
  });
}

/** Texts of a trial are its own: nobody else's memory is at stake. */
const limits = { ...defaultLimits, bytesElementsMax: 2 ** 26 };
