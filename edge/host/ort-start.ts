import * as ort from 'onnxruntime-web/wasm';
import wasmModule from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

/** A graph of one Identity node: the smallest session, whose creation makes ORT start its wasm. */
const identityGraph = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCBAoAEA0=';
const wasmPageBytes = 65_536;

export interface StartedOrt {
  readonly ort: typeof ort;
  /** What the wasm heap has grown to. It never shrinks: releasing a session frees inside it. */
  heapBytes(): number;
}

/**
 * Starts onnxruntime-web in workerd. ORT wants to fetch and compile its wasm, and workerd allows neither; but a wasm
 * imported as a module is compiled already. So ORT gets empty bytes, and while it starts `WebAssembly.instantiate`
 * answers with an instance of that module. `WebAssembly.Memory` gets a `maximum` in the same moment: running out of
 * heap is then a `bad_alloc`, an error that other sessions survive, where the isolate's own limit would end them all.
 *
 * Call it once per isolate: onnxruntime-web cannot be started twice.
 */
export async function startOrt(heapBytesMax: number): Promise<StartedOrt> {
  ort.env.logLevel = 'fatal'; // what goes wrong comes as an error; ORT's own lines quote paths of its build
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = new ArrayBuffer(0);

  let heap: WebAssembly.Memory | undefined;
  const restore = patchWebAssembly(heapBytesMax, (memory) => (heap = memory));
  try {
    const bytes = Uint8Array.from(atob(identityGraph), (character) => character.charCodeAt(0));
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 4 });
    await session.release();
  } finally {
    restore();
  }
  return { ort, heapBytes: () => heap?.buffer.byteLength ?? 0 };
}

function patchWebAssembly(heapBytesMax: number, onHeap: (memory: WebAssembly.Memory) => void): () => void {
  const { instantiate, Memory } = WebAssembly;
  const pagesMax = Math.floor(heapBytesMax / wasmPageBytes);

  const patched = WebAssembly as { instantiate: unknown; Memory: unknown };
  patched.instantiate = async (_bytes: unknown, imports: WebAssembly.Imports) => ({
    instance: await instantiate(wasmModule, imports),
    module: wasmModule,
  });
  patched.Memory = function (descriptor: WebAssembly.MemoryDescriptor): WebAssembly.Memory {
    const maximum = Math.min(descriptor.maximum ?? pagesMax, pagesMax);
    const memory = new Memory({ ...descriptor, maximum });
    if (descriptor.initial > 0) onHeap(memory); // ORT also makes an empty one, to learn what a shared buffer is
    return memory;
  };
  return () => {
    patched.instantiate = instantiate;
    patched.Memory = Memory;
  };
}
