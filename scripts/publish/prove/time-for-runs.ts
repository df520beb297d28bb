import { graphSize } from '../graph-size.js';
import { processLimits } from '../process-limits.js';
import type { GraphBytes, InspectOptions } from '../throw-away-runner.js';

const runMs = 10_000;

/** Options of a process that runs a graph so often, and not only once. */
export function timeForRuns<T extends InspectOptions>(options: T, graph: GraphBytes, runs: number): T {
  const onceMs = options.timeoutMs ?? processLimits(graphSize(graph)).timeoutMs;
  return { ...options, timeoutMs: onceMs + runs * runMs };
}
