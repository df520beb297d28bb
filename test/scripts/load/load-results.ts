import type { LoadPlan, LoadSession } from '../../../scripts/load/load-plan.js';
import type { LoadResult } from '../../../scripts/load/load-result.js';

const none = { p50Ms: null, p90Ms: null, p95Ms: null, p99Ms: null, p999Ms: null, maxMs: null };
const window = { ratePerS: 0, p50Ms: null, p99Ms: null };

/** A result with the figures that matter to a test. */
export function resultOf(figures: Partial<LoadResult>): LoadResult {
  return {
    sent: 0,
    answered: 0,
    refused: 0,
    withoutRetryAfter: 0,
    failed: 0,
    wrong: 0,
    timedOut: 0,
    unsent: 0,
    lateSentShare: 0,
    lateAfterMs: 2,
    kinds: {},
    servedBy: {},
    ratePerS: 0,
    goodputPerS: 0,
    withinBoundShare: 0,
    latency: none,
    refusedLatency: none,
    windows: [window, window, window],
    steady: true,
    valid: true,
    invalidBecause: null,
    ended: 'done',
    seconds: 1,
    generatorCpuS: 0,
    generatorCores: 0,
    connections: { used: 1, inFlightMax: 1, requestsFewest: 0, requestsMost: 0 },
    ...figures,
  };
}

export const planOf = (plan: Partial<LoadPlan> = {}): LoadPlan => ({
  target: { kind: 'http', url: 'http://127.0.0.1:1', method: 'POST', path: '/', headers: {} },
  bodies: [{ bytes: new Uint8Array(1) }],
  shape: { kind: 'closed', connections: 1 },
  warmUpS: 0,
  seconds: 1,
  timeoutMs: 1_000,
  ...plan,
});

/** A session that answers each plan as told, and remembers what it was asked. */
export class FakeSession implements LoadSession {
  readonly plans: LoadPlan[] = [];
  readonly #answer: (plan: LoadPlan, number: number) => Partial<LoadResult>;

  constructor(answer: (plan: LoadPlan, number: number) => Partial<LoadResult>) {
    this.#answer = answer;
  }

  run(plan: LoadPlan): Promise<LoadResult> {
    this.plans.push(plan);
    return Promise.resolve(resultOf(this.#answer(plan, this.plans.length - 1)));
  }

  get rates(): number[] {
    return this.plans.map(({ shape }) => (shape.kind === 'open' ? shape.ratePerS : 0));
  }
}
