import type { LoadPlan, LoadProgress, LoadSession, LoadShape } from './load-plan.js';
import type { LoadResult } from './load-result.js';

/** One run of several, and what it was. */
export interface LoadStep {
  readonly shape: LoadShape;
  readonly result: LoadResult;
}

/** What every search over several runs takes. */
export interface StepOptions {
  /** Ends the search with what it has. */
  readonly signal?: AbortSignal | undefined;
  readonly onStart?: ((shape: LoadShape) => void) | undefined;
  readonly onStep?: ((step: LoadStep) => void) | undefined;
  readonly onProgress?: ((progress: LoadProgress) => void) | undefined;
}

export async function runStep(
  session: LoadSession,
  plan: LoadPlan,
  shape: LoadShape,
  { signal, onStart, onStep, onProgress }: StepOptions,
): Promise<LoadStep> {
  onStart?.(shape);
  const options = { ...(signal === undefined ? {} : { signal }), ...(onProgress === undefined ? {} : { onProgress }) };
  const step = { shape, result: await session.run({ ...plan, shape }, options) };
  onStep?.(step);
  return step;
}
