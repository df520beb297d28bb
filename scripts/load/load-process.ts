import type { LoadPlan, LoadSession, RunOptions } from './load-plan.js';
import type { LoadResult } from './load-result.js';

/** The generator in a process of its own, for one run after the other. */
export class LoadProcess implements LoadSession {
  static start(): Promise<LoadProcess> {
    return Promise.reject(new Error('not yet'));
  }

  run(_plan: LoadPlan, _options: RunOptions = {}): Promise<LoadResult> {
    return Promise.reject(new Error('not yet'));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One run in a process of its own. */
export async function runLoad(plan: LoadPlan, signal?: AbortSignal): Promise<LoadResult> {
  const session = await LoadProcess.start();
  try {
    return await session.run(plan, signal === undefined ? {} : { signal });
  } finally {
    await session.close();
  }
}
