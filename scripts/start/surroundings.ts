import type { Say } from './say.js';

/** What a start is given of the process that it runs in. */
export interface Surroundings {
  readonly say: Say;
  /** Where progress is drawn. */
  readonly draw: (text: string) => void;
  /** A person looks on: a progress bar may redraw itself. */
  readonly interactive: boolean;
  /** Aborted by Ctrl-C and the like. */
  readonly signal: AbortSignal;
  readonly makeSecret: () => string;
  readonly cwd: string;
}
