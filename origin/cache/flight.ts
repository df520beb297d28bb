import { BrinkError } from '../../shared/errors/brink-error.js';
import { copyTensors } from '../../shared/protocol/copy-tensors.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';

export interface FlightParts {
  readonly digest: string;
  /** `signal` aborts when nobody waits any more. */
  readonly run: (signal: AbortSignal) => Promise<readonly Tensor[]>;
  /** The run is over, well or badly, or nobody waits for it: nobody may join any more. Called once. */
  readonly onClosed: () => void;
}

/** One run that several requests wait for. It is called off when the last of them has left. */
export class Flight {
  readonly digest: string;
  /** Whether its answer may be kept; false once the version was dropped. */
  mayBeKept = true;
  readonly #onClosed: () => void;
  readonly #outputs: Promise<readonly Tensor[]>;
  readonly #abandon = new AbortController();
  #isClosed = false;
  #waiting = 0;
  #isShared = false;

  constructor({ digest, run, onClosed }: FlightParts) {
    this.digest = digest;
    this.#onClosed = onClosed;
    this.#outputs = this.#run(run);
    this.#outputs.catch(() => undefined); // whoever still waits hears of it
  }

  /** The outputs, for each who waits a copy of his own if there are several. With `deadline` waits no longer than that. */
  async wait(signal: AbortSignal | undefined, deadline?: Deadline): Promise<readonly Tensor[]> {
    this.#waiting += 1;
    this.#isShared ||= this.#waiting > 1;
    const { left, forget } = departureOf(signal);
    try {
      const answer = Promise.race([this.#outputs, left]);
      const outputs = await (deadline === undefined ? answer : deadline.bound(answer, 'an identical request ran'));
      return this.#isShared ? copyTensors(outputs) : outputs;
    } finally {
      forget();
      this.#waiting -= 1;
      if (this.#waiting === 0 && !this.#isClosed) {
        this.#close();
        this.#abandon.abort();
      }
    }
  }

  async #run(run: FlightParts['run']): Promise<readonly Tensor[]> {
    try {
      return await run(this.#abandon.signal);
    } finally {
      this.#close();
    }
  }

  #close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#onClosed();
  }
}

/** A promise that rejects when `signal` aborts, and what takes the listener away. */
function departureOf(signal: AbortSignal | undefined): { left: Promise<never>; forget: () => void } {
  let leave = (): void => undefined;
  const left = new Promise<never>((_, reject) => {
    leave = () => reject(new BrinkError('cancelled', 'the caller left while the model ran'));
  });
  left.catch(() => undefined);
  if (signal?.aborted === true) leave();
  else signal?.addEventListener('abort', leave, { once: true });
  return { left, forget: () => signal?.removeEventListener('abort', leave) };
}
