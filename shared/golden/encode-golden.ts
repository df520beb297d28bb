import { BrinkError } from '../errors/brink-error.js';
import { canonicalJson } from '../manifest/canonical.js';
import { bytesOfTensor, dataFromBytes } from '../protocol/binary-data.js';
import { elementCount } from '../protocol/input-head.js';
import { defaultLimits } from '../protocol/limits.js';
import { quoted } from '../protocol/quote-text.js';
import type { Tensor } from '../protocol/tensor.js';
import { decodeUtf8, encodeUtf8, hasLoneSurrogate } from '../protocol/utf8.js';
import type { Golden } from './golden.js';
import {
  goldenBytesMax,
  type GoldenHead,
  goldenHeadBytesMax,
  goldenHeadSchema,
  type GoldenTensorHead,
} from './golden-head.js';

/** `BRINKGLD`, then the version of the format. */
const magic = Uint8Array.of(0x42, 0x52, 0x49, 0x4e, 0x4b, 0x47, 0x4c, 0x44, 1);
/** Of the head, unsigned, little-endian. */
const lengthBytes = 4;
const headAt = magic.length + lengthBytes;

/**
 * A golden as a blob: magic, length of the head, the head as canonical JSON, then each tensor's elements, little-endian
 * and row-major, BYTES as in the binary extension of V2. The same golden gives the same bytes on every machine. Throws
 * `invalid-request` for what no golden may be (no outputs, a name twice), `value-out-of-range` for text without UTF-8,
 * `tensor-too-large` for what is over `goldenBytesMax`.
 */
export function encodeGolden({ inputs, outputs }: Golden): Uint8Array {
  const tensors = [...inputs, ...outputs];
  tensors.forEach(checkText);
  const parts = tensors.map(bytesOfTensor);
  const heads = tensors.map(({ name, datatype, shape }, at): GoldenTensorHead => {
    return { name, datatype, shape: [...shape], bytes: parts[at]?.length ?? 0 };
  });
  const head: GoldenHead = { inputs: heads.slice(0, inputs.length), outputs: heads.slice(inputs.length) };
  const headBytes = encodeUtf8(canonicalJson(head));
  const size = parts.reduce((sum, part) => sum + part.length, headAt + headBytes.length);
  if (size > goldenBytesMax) {
    throw new BrinkError('tensor-too-large', `expected a golden of at most ${goldenBytesMax} bytes, got ${size}`);
  }
  const checked = goldenHeadSchema.safeParse(head);
  if (!checked.success) {
    throw new BrinkError('invalid-request', `expected a golden: ${checked.error.issues[0]?.message ?? ''}`);
  }
  const bytes = new Uint8Array(size);
  bytes.set(magic);
  new DataView(bytes.buffer).setUint32(magic.length, headBytes.length, true);
  let at = headAt;
  for (const part of [headBytes, ...parts]) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * The golden of a blob. Elements at an aligned address are viewed in place, others copied. Throws `artifact-corrupt` for
 * everything that `encodeGolden` would not have written.
 */
export function decodeGolden(bytes: Uint8Array): Golden {
  try {
    const { head, headEnd } = readHead(bytes);
    let at = headEnd;
    const take = (heads: readonly GoldenTensorHead[]): Tensor[] =>
      heads.map((tensor) => {
        const end = at + tensor.bytes;
        if (end > bytes.length) throw new Error(`expected ${end} bytes, got ${bytes.length}`);
        const part = bytes.subarray(at, end);
        at = end;
        return tensorOf(tensor, part);
      });
    const golden = { inputs: take(head.inputs), outputs: take(head.outputs) };
    if (at !== bytes.length) throw new Error(`expected ${at} bytes, got ${bytes.length}`);
    return golden;
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new BrinkError('artifact-corrupt', `a golden cannot be read: ${what}`, { cause: error });
  }
}

function readHead(bytes: Uint8Array): { readonly head: GoldenHead; readonly headEnd: number } {
  if (bytes.length > goldenBytesMax) throw new Error(`expected at most ${goldenBytesMax} bytes, got ${bytes.length}`);
  if (bytes.length < headAt || magic.some((byte, at) => byte !== bytes[at])) {
    throw new Error('expected it to begin as a golden of format 1 does');
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(magic.length, true);
  const lengthMax = Math.min(goldenHeadBytesMax, bytes.length - headAt);
  if (length > lengthMax) throw new Error(`expected a head of at most ${lengthMax} bytes, got ${length}`);
  const text = decodeUtf8(bytes.subarray(headAt, headAt + length));
  if (text === undefined) throw new Error('expected its head to be UTF-8');
  const parsed = goldenHeadSchema.safeParse(parseJson(text));
  if (!parsed.success) throw new Error(`its head is not one: ${parsed.error.issues[0]?.message ?? ''}`);
  // One spelling per golden: no key twice, no white space, so that equal goldens are equal blobs.
  if (canonicalJson(parsed.data) !== text) throw new Error('expected its head in canonical JSON');
  return { head: parsed.data, headEnd: headAt + length };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('expected its head to be JSON'); // what V8 says quotes the bytes
  }
}

function tensorOf({ name, datatype, shape }: GoldenTensorHead, part: Uint8Array): Tensor {
  const count = elementCount(name, shape, Math.max(1, part.length));
  return { name, datatype, shape, data: dataFromBytes({ name, datatype, shape, count }, part, defaultLimits) };
}

/** Text that UTF-8 cannot say would come back as other text. */
function checkText({ name, data }: Tensor): void {
  if (ArrayBuffer.isView(data) || !data.some(hasLoneSurrogate)) return;
  throw new BrinkError('value-out-of-range', `expected the elements of ${quoted(name)} to be Unicode text`);
}
