/**
 * The bytes of one file that is published. What is hashed is what is inspected, tried and uploaded: a content never
 * changes, wherever it lies.
 */
export interface Content {
  readonly byteLength: number;
  /** SHA-256 in lower-case hexadecimal. */
  readonly sha256: string;
  /** All of it in memory. Throws PublishError `file-too-large` where no array can hold it. */
  bytes(): Promise<Uint8Array>;
  /** `length` bytes from `offset` on; both within the content. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** As a new file, private to whoever asks: it may be changed there. */
  writeTo(path: string): Promise<void>;
}
