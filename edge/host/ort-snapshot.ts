/** What onnxruntime's start leaves in its memory, as `scripts/build/ort-snapshot.mjs` has recorded it. */
export interface OrtSnapshot {
  /** The wasm export that starts onnxruntime, by the name that its build gave it. */
  readonly initExport: string;
  /** Bytes of the memory before and after the start. */
  readonly memoryBytes: number;
  /** Of what lies in the runs before the start: whether this is the same start. */
  readonly hashBefore: number;
  /** What differs after the start: offsets and lengths in bytes, multiples of four. */
  readonly runs: readonly (readonly [offset: number, length: number])[];
  /** The runs' bytes after the start, one after the other. */
  readonly bytes: Uint8Array;
}

const headLengthMax = 65_536;

/**
 * A snapshot from its file: the length of a JSON head (32 bits, little-endian), the head, the runs' bytes from the next
 * multiple of four on. Undefined for anything else, an empty file say: onnxruntime then starts by itself.
 */
export function readSnapshot(file: ArrayBuffer): OrtSnapshot | undefined {
  if (file.byteLength < 4) return undefined;
  const headLength = new DataView(file).getUint32(0, true);
  if (headLength === 0 || headLength > headLengthMax || 4 + headLength > file.byteLength) return undefined;
  const head = headOf(new Uint8Array(file, 4, headLength));
  if (head === undefined) return undefined;
  const bytes = new Uint8Array(file, Math.ceil((4 + headLength) / 4) * 4);
  const expected = head.runs.reduce((sum, [, length]) => sum + length, 0);
  return bytes.byteLength === expected ? { ...head, bytes } : undefined;
}

function headOf(bytes: Uint8Array): Omit<OrtSnapshot, 'bytes'> | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Omit<OrtSnapshot, 'bytes'>;
  } catch {
    return undefined;
  }
}

/**
 * Makes a memory in which onnxruntime is about to start one in which it has started, which takes a few milliseconds
 * where its start takes a hundred: thousands of operator schemas and kernels are registered, by code that is compiled
 * for that alone. Answers false, with nothing changed, when the memory is not the one that was recorded.
 */
export function restoreSnapshot(snapshot: OrtSnapshot, memory: WebAssembly.Memory): boolean {
  const { buffer } = memory;
  if (buffer.byteLength !== snapshot.memoryBytes || hashOf(buffer, snapshot.runs) !== snapshot.hashBefore) return false;
  const target = new Uint8Array(buffer);
  let at = 0;
  for (const [offset, length] of snapshot.runs) {
    target.set(snapshot.bytes.subarray(at, at + length), offset);
    at += length;
  }
  return true;
}

/** FNV-1a over words of 32 bits. */
export function hashOf(buffer: ArrayBufferLike, runs: OrtSnapshot['runs']): number {
  let hash = 0x811c9dc5;
  for (const [offset, length] of runs) {
    for (const word of new Uint32Array(buffer, offset, length / 4)) hash = Math.imul(hash ^ word, 0x01000193);
  }
  return hash >>> 0;
}
