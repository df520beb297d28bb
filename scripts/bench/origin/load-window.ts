import type { LoadPlan, LoadShape } from '../../load/load-plan.js';
import type { LoadResult } from '../../load/load-result.js';
import type { BenchContext } from './bench-context.js';
import type { Contestant } from './contestant.js';
import { cpuSecondsOf, processTree } from './processes/process-tree.js';

const timeoutMs = 60_000;

/** What one window of load found, and what it cost the server. */
export interface LoadWindowFigures extends LoadResult {
  /** CPU of the server and all its processes, from the first request to the last answer. */
  readonly serverCores: number;
}

export interface WindowOptions {
  readonly seconds: number;
  readonly warmUpS: number;
  readonly latencyBoundMs?: number;
}

/** The plan of one window. */
export function planOf({ target, bodies }: Contestant, shape: LoadShape, options: WindowOptions): LoadPlan {
  return { target, bodies, bodySeed: 1, shape, timeoutMs, ...options };
}

/** Throws for a wrong answer: a benchmark of wrong answers is none. */
export function checkRight(name: string, { wrong, kinds }: LoadResult): void {
  if (wrong > 0) throw new Error(`${name}: expected right answers, got ${JSON.stringify(kinds)}`);
}

/** One window of load on one contestant. */
export async function loadWindow(
  { load, signal }: Pick<BenchContext, 'load' | 'signal'>,
  contestant: Contestant,
  shape: LoadShape,
  options: WindowOptions,
): Promise<LoadWindowFigures> {
  const { name, pid } = contestant;
  const [before, startedAt] = [cpuSecondsOf(await processTree(pid)), performance.now()];
  const result = await load.run(planOf(contestant, shape, options), { signal });
  signal.throwIfAborted();
  const [after, endedAt] = [cpuSecondsOf(await processTree(pid)), performance.now()];
  checkRight(name, result);
  return { ...result, serverCores: (1_000 * (after - before)) / (endedAt - startedAt) };
}
