/** What publishing tells while it works. */
export type PublishEvent =
  | { readonly stage: 'read'; readonly model: string; readonly files: number; readonly bytes: number }
  | { readonly stage: 'inspect'; readonly model: string; readonly graph: string }
  /** Bytes settled of all: found at the server or uploaded. Comes once before the first and after each blob. */
  | { readonly stage: 'upload'; readonly model: string; readonly doneBytes: number; readonly totalBytes: number }
  | { readonly stage: 'register'; readonly model: string; readonly version: string };

export type PublishObserver = (event: PublishEvent) => void;
