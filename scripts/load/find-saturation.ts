import type { LoadPlan, LoadSession } from './load-plan.js';
import { type LoadStep, runStep, type StepOptions } from './load-step.js';

export const connectionsDefault: readonly number[] = [1, 2, 4, 8, 16, 32, 64, 128, 256];
/** More connections that bring less than this are no gain. */
export const growthMinDefault = 0.03;
/** So many steps one after the other without a gain end the search: one may be a step of the batcher. */
const flatStepsMax = 2;

export interface SaturationOptions extends StepOptions {
  /** In ascending order. */
  readonly connections?: readonly number[];
  readonly growthMin?: number;
}

export interface Saturation {
  readonly steps: readonly LoadStep[];
  /** The highest rate of good answers in a closed loop. */
  readonly ratePerS: number;
  /** The fewest connections whose rate is within `growthMin` of it. */
  readonly connections: number;
  /** The rate had stopped growing when the search ended. */
  readonly reached: boolean;
}

/** Closed loops of more and more connections until the rate no longer grows. The plan's own shape does not matter. */
export async function findSaturation(
  session: LoadSession,
  plan: LoadPlan,
  options: SaturationOptions = {},
): Promise<Saturation> {
  const { connections = connectionsDefault, growthMin = growthMinDefault, signal } = options;
  const steps: LoadStep[] = [];
  let bestPerS = 0;
  let flat = 0;
  for (const count of connections) {
    if (signal?.aborted === true || flat >= flatStepsMax) break;
    const step = await runStep(session, plan, { kind: 'closed', connections: count }, options);
    if (step.result.ended === 'stopped') break; // its rate is of another time than the others'
    steps.push(step);
    const { ratePerS } = step.result;
    flat = ratePerS > bestPerS * (1 + growthMin) ? 0 : flat + 1;
    bestPerS = Math.max(bestPerS, ratePerS);
  }
  const enough = steps.find(({ result }) => result.ratePerS >= bestPerS * (1 - growthMin));
  const fewest = enough?.shape.kind === 'closed' ? enough.shape.connections : 0;
  return { steps, ratePerS: bestPerS, connections: fewest, reached: flat >= flatStepsMax };
}
