import type { ConcurrencyLimit } from '../../../../origin/engine/admission/concurrency-limit.js';

export interface World {
  readonly limit: ConcurrencyLimit;
  readonly random: () => number;
  readonly instances: number;
  /** How long a run of so many requests takes. */
  readonly runMs: (requests: number) => number;
  readonly batchMax: number;
  /** Seeded Poisson arrivals at this rate, from the time given on. */
  readonly phases: readonly { readonly perMs: number; readonly untilMs: number }[];
}

export interface Outcome {
  readonly sent: number;
  readonly refused: number;
  readonly answered: number;
  readonly answeredPerMs: number;
  /** Of those that were let in, ascending. */
  readonly latenciesMs: readonly number[];
}

/** A server behind a concurrency limit, in virtual time; one outcome for each phase. */
export function serve({ limit, random, instances, runMs, batchMax, phases }: World): Outcome[] {
  const waiting: { at: number; inFlight: number }[] = [];
  const running: { endMs: number; items: { at: number; inFlight: number }[] }[] = [];
  let nowMs = 0;
  let inFlight = 0;
  const dispatch = (): void => {
    while (running.length < instances && waiting.length > 0) {
      const items = waiting.splice(0, batchMax);
      running.push({ endMs: nowMs + runMs(items.length), items });
    }
  };
  return phases.map(({ perMs, untilMs }) => {
    const beganMs = nowMs;
    const latenciesMs: number[] = [];
    let [sent, refused] = [0, 0];
    const gap = (): number => -Math.log(1 - random()) / perMs;
    let nextMs = nowMs + gap();
    for (;;) {
      running.sort((a, b) => a.endMs - b.endMs);
      const ending = running[0];
      const at = Math.min(nextMs, ending?.endMs ?? Infinity);
      if (at > untilMs) break;
      nowMs = at;
      if (ending !== undefined && ending.endMs <= nextMs) {
        running.shift();
        for (const item of ending.items) {
          inFlight--;
          latenciesMs.push(nowMs - item.at);
          limit.sample({ latencyMs: nowMs - item.at, inFlight: item.inFlight });
        }
      } else {
        sent++;
        if (inFlight >= limit.limit) refused++;
        else waiting.push({ at: nowMs, inFlight: ++inFlight });
        nextMs = nowMs + gap();
      }
      dispatch();
    }
    nowMs = untilMs;
    const answered = latenciesMs.length;
    latenciesMs.sort((a, b) => a - b);
    return { sent, refused, answered, answeredPerMs: answered / (untilMs - beganMs), latenciesMs };
  });
}

export const quantile = (ascending: readonly number[], share: number): number =>
  ascending[Math.min(ascending.length - 1, Math.floor(share * ascending.length))] ?? 0;
