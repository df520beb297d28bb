import { BrinkError } from '../../shared/errors/brink-error.js';

export interface OriginAddress {
  readonly url: URL;
  readonly key: string | undefined;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** How long an origin may be silent before somebody looks whether it lives. */
export const silentMsMax = 1_500;
const probeMsMax = 1_000;
const probeEveryMs = 500;
/** One probe may be lost. */
const missesMax = 2;

/** A path below the origin's address, which may have a path of its own. */
export function originUrl(base: URL, path: string): URL {
  return new URL(path, base.pathname.endsWith('/') ? base : new URL(`${base.pathname}/`, base));
}

/**
 * Looks after a request that the origin is silent about: a heavy run may take long, a hung origin must not hold its
 * callers until their deadlines. Its health route answers at once as long as its process moves.
 */
export class OriginWatch {
  /** Rejects with `origin-unreachable` when the origin has stopped; never resolves. */
  readonly silence: Promise<never>;
  readonly #address: OriginAddress;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #ended = false;

  constructor(address: OriginAddress) {
    this.#address = address;
    this.silence = new Promise((_, reject) => {
      this.#timer = setTimeout(() => void this.#look(0, reject), silentMsMax);
    });
    this.silence.catch(() => undefined); // nobody may be waiting any more
  }

  end(): void {
    this.#ended = true;
    clearTimeout(this.#timer);
  }

  async #look(missed: number, reject: (error: BrinkError) => void): Promise<void> {
    const misses = (await this.#lives()) ? 0 : missed + 1;
    if (this.#ended) return;
    if (misses >= missesMax) reject(new BrinkError('origin-unreachable', 'the origin has stopped answering'));
    else this.#timer = setTimeout(() => void this.#look(misses, reject), probeEveryMs);
  }

  async #lives(): Promise<boolean> {
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(), probeMsMax);
    const aborted = new Promise<boolean>((resolve) => stop.signal.addEventListener('abort', () => resolve(false)));
    try {
      const request = new Request(originUrl(this.#address.url, 'v2/health/live'), { signal: stop.signal });
      const answered = this.#address.fetch(request).then(async (response) => {
        await response.body?.cancel();
        return response.ok;
      });
      return await Promise.race([answered, aborted]);
    } catch {
      return false;
    } finally {
      clearTimeout(late);
    }
  }
}
