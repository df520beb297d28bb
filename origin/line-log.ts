import type { Clock } from '../shared/time/clock.js';
import type { Log } from './engine/log.js';
import type { Cancel, Schedule } from './engine/schedule.js';

/** How long a line may wait for others to be written with it. */
const gatherMsMax = 50;
/** Bytes, about, that are not kept back any longer. */
const gatheredLengthMax = 64 * 1024;

export interface LineLogParts {
  /** Where lines go, synchronously or in order. */
  write(text: string): void;
  readonly schedule: Schedule;
  readonly clock: Clock;
}

/**
 * The log as JSON lines. Lines of requests are written together, some times a second: a write for each would wake up
 * whoever reads them each time, which costs more than the request's own work. Everything else is written at once, in
 * its place; `flush` writes what is kept back, and is to be called before the process ends.
 */
export class LineLog {
  readonly #parts: LineLogParts;
  #gathered = '';
  #cancel: Cancel | undefined;

  constructor(parts: LineLogParts) {
    this.#parts = parts;
  }

  readonly log: Log = (row) => {
    // Rows of requests say when and how by themselves.
    const full = 'at' in row ? row : { at: new Date(this.#parts.clock.now()).toISOString(), level: 'info', ...row };
    this.#gathered += `${JSON.stringify(full)}\n`;
    if (row['event'] !== 'request' || this.#gathered.length >= gatheredLengthMax) this.flush();
    else this.#cancel ??= this.#parts.schedule(() => this.flush(), gatherMsMax);
  };

  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#gathered === '') return;
    const text = this.#gathered;
    this.#gathered = '';
    this.#parts.write(text);
  }
}
