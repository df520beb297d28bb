import { execFile } from 'node:child_process';
import { type Clock, systemClock } from '../../shared/time/clock.js';
import { type GpuFigures, gpuQuery, parseGpuCsv } from './gpu-csv.js';

/** Asking costs the driver tens of milliseconds: figures so young are given again. */
const freshMs = 5_000;
/** Where it did not answer, it is asked again after so long: a driver may come up late. */
const askAgainMs = 10 * 60_000;
const answerMsMax = 2_000;
const answerBytesMax = 256 * 1024;
/** Where drivers and container runtimes put it; nothing else of the server's environment goes to it. */
const searchPath = '/usr/local/nvidia/bin:/usr/local/bin:/usr/bin:/bin:/usr/lib/wsl/lib';

export interface GpuPollOptions {
  readonly command?: string;
  readonly answerMsMax?: number;
  readonly clock?: Clock;
}

/** The GPUs of this machine, asked of `nvidia-smi` when somebody wants to know. Fails open: no answer, no GPUs. */
export class GpuPoll {
  readonly #command: string;
  readonly #answerMsMax: number;
  readonly #clock: Clock;
  #figures: readonly GpuFigures[] = [];
  #validUntil = -Infinity;
  #asking: Promise<void> | undefined;

  constructor(options: GpuPollOptions = {}) {
    this.#command = options.command ?? 'nvidia-smi';
    this.#answerMsMax = options.answerMsMax ?? answerMsMax;
    this.#clock = options.clock ?? systemClock;
  }

  /** Never rejects; all who ask at once share one question. */
  async figures(): Promise<readonly GpuFigures[]> {
    if (this.#clock.now() >= this.#validUntil) {
      this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
      await this.#asking;
    }
    return this.#figures;
  }

  async #ask(): Promise<void> {
    const text = await this.#answer();
    this.#figures = text === undefined ? [] : parseGpuCsv(text);
    this.#validUntil = this.#clock.now() + (this.#figures.length > 0 ? freshMs : askAgainMs);
  }

  #answer(): Promise<string | undefined> {
    const options = {
      timeout: this.#answerMsMax,
      killSignal: 'SIGKILL',
      maxBuffer: answerBytesMax,
      env: { PATH: searchPath },
      windowsHide: true,
    } as const;
    return new Promise((resolve) => {
      execFile(this.#command, gpuQuery, options, (error, stdout) => resolve(error === null ? stdout : undefined));
    });
  }
}
