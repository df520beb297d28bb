import type { LoadPlan, LoadSession, LoadShape } from './load-plan.js';
import { type LoadStep, runStep, type StepOptions } from './load-step.js';

export interface HeadlineOptions extends StepOptions {
  /** No rate above this is tried: the saturation of a closed loop. */
  readonly saturationPerS: number;
  readonly boundMs: number;
  readonly seed: number;
  readonly connectionsMax: number;
  /** Of all that are sent, so many are answered rightly within the bound. Default 0.99. */
  readonly shareMin?: number;
  /** Runs at most, those that had to be repeated included. Default 8. */
  readonly stepsMax?: number;
  /** The search ends when the best rate that held and the lowest that did not are so close. Default 0.05. */
  readonly precision?: number;
}

export interface Headline {
  /** The highest rate that held; null when none did. */
  readonly ratePerS: number | null;
  readonly boundMs: number;
  readonly shareMin: number;
  readonly steps: readonly LoadStep[];
}

/** Where the search begins: most servers hold about this share of their saturation. */
const firstShare = 0.8;

/**
 * The highest rate of Poisson arrivals at which the share `shareMin` of all requests is answered within the bound, as
 * MLPerf Inference's Server scenario has it; by bisection. A run that was sent late proves nothing: it is repeated
 * once with another seed, and if that is late too the rate does not hold.
 */
export async function findHeadline(session: LoadSession, plan: LoadPlan, options: HeadlineOptions): Promise<Headline> {
  const { saturationPerS, boundMs, shareMin = 0.99, stepsMax = 8, precision = 0.05, signal } = options;
  const bounded = { ...plan, latencyBoundMs: boundMs };
  const steps: LoadStep[] = [];
  let held: number | null = null;
  let failing = saturationPerS;
  let ratePerS = saturationPerS * firstShare;
  let repeated = false;
  while (steps.length < stepsMax && ratePerS > 0 && signal?.aborted !== true) {
    const shape: LoadShape = {
      kind: 'open',
      ratePerS: Math.round(ratePerS * 100) / 100,
      seed: options.seed + steps.length,
      connectionsMax: options.connectionsMax,
    };
    if (shape.ratePerS <= 0) break;
    const step = await runStep(session, bounded, shape, options);
    if (step.result.ended === 'stopped') break;
    steps.push(step);
    if (!step.result.valid && !repeated) {
      repeated = true;
      continue;
    }
    repeated = false;
    if (step.result.valid && step.result.withinBoundShare >= shareMin) held = shape.ratePerS;
    else failing = shape.ratePerS;
    if (held !== null && failing - held <= precision * failing) break;
    ratePerS = ((held ?? 0) + failing) / 2;
  }
  return { ratePerS: held, boundMs, shareMin, steps };
}
