import type { Headline } from '../find-headline.js';
import type { Saturation } from '../find-saturation.js';
import type { LoadStep } from '../load-step.js';

/** What `brink load` found: its JSON document, and what the page draws. */
export interface LoadReport {
  readonly model: string;
  readonly version: string | null;
  /** `http://127.0.0.1:8787/v2/models/m/infer` */
  readonly target: string;
  /** `binary`, `json`, `msgpack`, `grpc`, or `as it is` for files that were not encoded anew. */
  readonly protocol: string;
  /** The tier that was forced, if one was. */
  readonly tier: 'edge' | 'origin' | null;
  readonly traffic: { readonly from: string; readonly bodies: number; readonly meanBytes: number };
  readonly settings: {
    readonly warmUpS: number;
    readonly seconds: number;
    readonly timeoutMs: number;
    readonly boundMs: number | null;
    readonly seed: number;
  };
  /** Every run, in order. */
  readonly steps: readonly LoadStep[];
  readonly saturation: Pick<Saturation, 'ratePerS' | 'connections' | 'reached'> | null;
  readonly headline: Pick<Headline, 'ratePerS' | 'boundMs' | 'shareMin'> | null;
  /** Good answers of all runs by tier and version. */
  readonly servedBy: Readonly<Record<string, number>>;
  /** It was stopped (Ctrl-C) before its end. */
  readonly stopped: boolean;
  readonly startedAt: string;
  readonly elapsedS: number;
  readonly node: string;
  readonly cpus: string;
  readonly commit: string;
}

/** Good answers by who gave them, over several runs. */
export function servedByOf(steps: readonly LoadStep[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { result } of steps) {
    for (const [who, count] of Object.entries(result.servedBy)) sums[who] = (sums[who] ?? 0) + count;
  }
  return sums;
}
