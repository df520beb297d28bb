import type { LoadPlan, LoadProgress } from '../load-plan.js';
import type { LoadResult } from '../load-result.js';

/** What the generator's process is told. One run at a time. */
export type ToGenerator = { readonly type: 'run'; readonly plan: LoadPlan } | { readonly type: 'stop' };

/** What it tells. */
export type FromGenerator =
  | { readonly type: 'ready' }
  | { readonly type: 'progress'; readonly progress: LoadProgress }
  | { readonly type: 'result'; readonly result: LoadResult }
  | { readonly type: 'failed'; readonly message: string };
