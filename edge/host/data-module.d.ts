/** A `.bin` import in workerd: its bytes. */
declare module '*.bin' {
  const bytes: ArrayBuffer;
  export default bytes;
}
