import { trimOldest } from '../../shared/collections/trim-oldest.js';
import type { Residency } from '../../shared/engine/engine.js';
import type { Clock } from '../../shared/time/clock.js';

/** A failed or unfinished load is believed for this long, then asked about anew. */
const doubtMs = 2_000;
const beliefsMax = 512;

/**
 * What the gateway believes of the host's residency. It may run in another isolate than the host, and a belief that is
 * wrong costs one slower attempt: the host's own answer corrects it.
 */
export class ResidencyBeliefs {
  readonly #beliefs = new Map<string, { residency: Residency; at: number }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of(digest: string): Residency {
    const belief = this.#beliefs.get(digest);
    if (belief === undefined) return 'absent';
    if (belief.residency !== 'ready' && this.#clock.now() - belief.at > doubtMs) return 'absent';
    return belief.residency;
  }

  note(digest: string, residency: Residency): void {
    this.#beliefs.delete(digest);
    this.#beliefs.set(digest, { residency, at: this.#clock.now() });
    trimOldest(this.#beliefs, beliefsMax);
  }
}
