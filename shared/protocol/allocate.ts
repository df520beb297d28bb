/** Gives so many bytes of memory, with anything in them: every one of them must be written. */
export type Allocate = (bytes: number) => Uint8Array;

/** Memory that is nobody else's, ever. */
export const allocate: Allocate = (bytes) => new Uint8Array(bytes);
