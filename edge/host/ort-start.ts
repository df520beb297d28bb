import * as ort from 'onnxruntime-web/wasm';
import wasmModule from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';
import { type OrtSnapshot, readSnapshot, restoreSnapshot } from './ort-snapshot.js';
import snapshotFile from './ort-start.bin';
import { growSparingly } from './sparing-growth.js';

/** A graph of one Identity node: the smallest session, whose creation makes ORT start its wasm and shows that it runs. */
const identityGraph = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0=';
const wasmPageBytes = 65_536;

export interface StartedOrt {
  readonly ort: typeof ort;
  /** What the wasm heap has grown to. It never shrinks: releasing a session frees inside it. */
  heapBytes(): number;
  /** Whether it was started before, when the Worker was built: false when the snapshot is not of this build. */
  readonly fromSnapshot: boolean;
}

/**
 * Starts onnxruntime-web in workerd. ORT wants to fetch and compile its wasm, and workerd allows neither; but a wasm
 * imported as a module is compiled already. So ORT gets empty bytes, and while it starts `WebAssembly.instantiate`
 * answers with an instance of that module. `WebAssembly.Memory` gets a `maximum` in the same moment: running out of
 * heap is then a `bad_alloc`, an error that other sessions survive, where the isolate's own limit would end them all.
 *
 * What ORT's own start would do is taken from a snapshot, in a fraction of its time; where that does not fit, it starts.
 *
 * Call it once per isolate: onnxruntime-web cannot be started twice.
 */
export async function startOrt(heapBytesMax: number, snapshot = snapshotFile): Promise<StartedOrt> {
  ort.env.logLevel = 'fatal'; // what goes wrong comes as an error; ORT's own lines quote paths of its build
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = new ArrayBuffer(0);

  let heap: WebAssembly.Memory | undefined;
  let fromSnapshot = false;
  const restore = patchWebAssembly({
    heapBytesMax,
    onHeap: (memory) => (heap = memory),
    exportsOf: (exports) =>
      withSnapshot(exports, snapshot, (taken) => (fromSnapshot = heap !== undefined && restoreSnapshot(taken, heap))),
  });
  try {
    const bytes = Uint8Array.from(atob(identityGraph), (character) => character.charCodeAt(0));
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
    await session.release();
  } finally {
    restore();
  }
  return { ort, heapBytes: () => heap?.buffer.byteLength ?? 0, fromSnapshot };
}

/** The exports, with one in place of onnxruntime's start that succeeds at once when `restored` says that it has been. */
function withSnapshot(
  exports: WebAssembly.Exports,
  file: ArrayBuffer,
  restored: (snapshot: OrtSnapshot) => boolean,
): WebAssembly.Exports {
  const snapshot = readSnapshot(file);
  const init = snapshot && exports[snapshot.initExport];
  if (snapshot === undefined || typeof init !== 'function') return exports;
  const start = (...args: unknown[]): unknown => (restored(snapshot) ? 0 : Reflect.apply(init, undefined, args));
  return { ...exports, [snapshot.initExport]: start };
}

interface Patches {
  readonly heapBytesMax: number;
  readonly onHeap: (memory: WebAssembly.Memory) => void;
  readonly exportsOf: (exports: WebAssembly.Exports) => WebAssembly.Exports;
}

function patchWebAssembly({ heapBytesMax, onHeap, exportsOf }: Patches): () => void {
  const { instantiate, Memory } = WebAssembly;
  const pagesMax = Math.floor(heapBytesMax / wasmPageBytes);

  const patched = WebAssembly as { instantiate: unknown; Memory: unknown };
  patched.instantiate = async (_bytes: unknown, imports: WebAssembly.Imports) => ({
    instance: { exports: exportsOf((await instantiate(wasmModule, imports)).exports) },
    module: wasmModule,
  });
  patched.Memory = function (descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
    const maximum = Math.min(descriptor.maximum ?? pagesMax, pagesMax);
    const memory = new Memory({ ...descriptor, maximum });
    if (descriptor.initial > 0) {
      growSparingly(memory);
      onHeap(memory);
    } // ORT also makes an empty one, to learn what a shared buffer is
    return memory;
  };
  return () => {
    patched.instantiate = instantiate;
    patched.Memory = Memory;
  };
}
