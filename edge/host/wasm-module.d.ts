/** A `.wasm` import in workerd: compiled before the Worker starts, shared by its isolates. */
declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}
