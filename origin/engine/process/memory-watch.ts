import { readFile } from 'node:fs/promises';
import type { Cancel, Schedule } from '../schedule.js';

const lookEveryMs = 250;

export interface MemoryWatchParts {
  readonly bytesMax: number;
  readonly schedule: Schedule;
  /** Resident memory now; undefined where it cannot be told, which ends the watch. */
  read(): Promise<number | undefined>;
  onOver(bytes: number): void;
}

/** Looks at the memory of a process again and again while that is at work: native code asks nobody before it takes. */
export class MemoryWatch {
  readonly #parts: MemoryWatchParts;
  #cancel: Cancel | undefined;
  /** Of the watch that began last: an answer that comes after its end does nothing. */
  #turn = 0;

  constructor(parts: MemoryWatchParts) {
    this.#parts = parts;
  }

  start(): void {
    if (this.#cancel !== undefined) return;
    const turn = ++this.#turn;
    this.#cancel = this.#parts.schedule(() => this.#look(turn), lookEveryMs);
  }

  stop(): void {
    this.#turn++;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(turn: number): void {
    this.#parts.read().then(
      (bytes) => {
        if (turn !== this.#turn || bytes === undefined) return;
        if (bytes > this.#parts.bytesMax) this.#parts.onOver(bytes);
        else this.#cancel = this.#parts.schedule(() => this.#look(turn), lookEveryMs);
      },
      () => undefined,
    );
  }
}

/** Of a process, from proc(5): Linux only, undefined elsewhere and when the process has ended. */
export async function residentBytes(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kibibytes = /^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
