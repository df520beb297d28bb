import { findHeadline, type Headline } from './find-headline.js';
import { findSaturation, type Saturation } from './find-saturation.js';
import type { LoadPlan, LoadSession, LoadShape } from './load-plan.js';
import { type LoadStep, runStep, type StepOptions } from './load-step.js';

/** Which runs are wished for. */
export type LoadWish =
  | { readonly kind: 'shapes'; readonly shapes: readonly LoadShape[] }
  /** A short search; with a bound also for the highest rate that keeps it, else two open loops below saturation. */
  | {
      readonly kind: 'saturate';
      readonly connections: readonly number[];
      readonly boundMs: number | null;
      readonly seed: number;
      readonly connectionsMax: number;
    };

export interface LoadsFound {
  readonly steps: readonly LoadStep[];
  readonly saturation: Saturation | null;
  readonly headline: Headline | null;
}

/** Open loops at these shares of saturation, where no bound is given. */
const openShares: readonly number[] = [0.5, 0.8];
const headlineStepsMax = 6;

/** Runs one load after the other; stopped by the signal, it answers with what it has. */
export async function runLoads(
  session: LoadSession,
  plan: LoadPlan,
  wish: LoadWish,
  options: StepOptions,
): Promise<LoadsFound> {
  const steps: LoadStep[] = [];
  const noting: StepOptions = {
    ...options,
    onStep: (step) => {
      steps.push(step);
      options.onStep?.(step);
    },
  };
  if (wish.kind === 'shapes') {
    for (const shape of wish.shapes) if (!isStopped(options)) await runStep(session, plan, shape, noting);
    return { steps, saturation: null, headline: null };
  }
  const { connections, boundMs, seed, connectionsMax } = wish;
  const saturation = await findSaturation(session, plan, { ...noting, connections });
  const { ratePerS } = saturation;
  let headline: Headline | null = null;
  if (ratePerS > 0 && boundMs !== null && !isStopped(options)) {
    const search = { saturationPerS: ratePerS, boundMs, seed, connectionsMax, stepsMax: headlineStepsMax };
    headline = await findHeadline(session, plan, { ...noting, ...search });
  } else if (ratePerS > 0) {
    for (const share of openShares) {
      const shape: LoadShape = { kind: 'open', ratePerS: twoDigits(ratePerS * share), seed, connectionsMax };
      if (!isStopped(options) && shape.ratePerS > 0) await runStep(session, plan, shape, noting);
    }
  }
  return { steps, saturation, headline };
}

const isStopped = ({ signal }: StepOptions): boolean => signal?.aborted === true;

const twoDigits = (figure: number): number => Math.round(figure * 100) / 100;
