import type { EdgeFigures, Measurements } from '../../../shared/measure/measurements.js';

export interface Prices {
  /** USD. */
  readonly perMillionCpuMs: number;
  readonly perMillionRequests: number;
}

/** What Cloudflare asks for Workers on its paid plan, beyond what the plan includes. */
export const defaultPrices: Prices = { perMillionCpuMs: 0.02, perMillionRequests: 0.3 };

/**
 * What a million requests cost at the edge, in the prices' currency: processor time and the requests themselves. A
 * request is counted as one warm run (p50) of each graph with its largest shapes; null where nothing ran.
 */
export function costOf(
  edge: Readonly<Record<string, EdgeFigures>> | null,
  { perMillionCpuMs, perMillionRequests }: Prices = defaultPrices,
): Measurements['cost'] {
  const runs = Object.values(edge ?? {});
  if (runs.length === 0) return null;
  const cpuMsPerRequest = runs.reduce((sum, { runP50Ms }) => sum + runP50Ms, 0);
  return {
    cpuMsPerRequest,
    pricePerMillionCpuMs: perMillionCpuMs,
    pricePerMillionRequests: perMillionRequests,
    perMillionRequests: cpuMsPerRequest * perMillionCpuMs + perMillionRequests,
  };
}
