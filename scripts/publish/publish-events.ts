/** What publishing tells while it works. */
export type PublishEvent =
  | { readonly stage: 'read'; readonly model: string; readonly files: number; readonly bytes: number }
  | { readonly stage: 'inspect' | 'optimise'; readonly model: string; readonly graph: string }
  /** The files that the server lacks, and how much of them is there now. Comes once before the first and after each. */
  | ({ readonly stage: 'upload'; readonly model: string } & UploadState)
  | { readonly stage: 'register'; readonly model: string; readonly version: string };

export interface UploadState {
  readonly files: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export type PublishObserver = (event: PublishEvent) => void;
