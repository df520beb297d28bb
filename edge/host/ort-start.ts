import * as ort from 'onnxruntime-web/wasm';
import wasmModule from 'onnxruntime-web/ort-wasm-simd-threaded.wasm';

export async function startOrt(): Promise<typeof ort> {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = new ArrayBuffer(0);
  const before = WebAssembly.instantiate;
  (WebAssembly as { instantiate: unknown }).instantiate = async (_: unknown, imports: WebAssembly.Imports) => ({
    instance: await before(wasmModule, imports),
    module: wasmModule,
  });
  return ort;
}
