import { type LoadPlan, lateAfterMsDefault, lateShareMax } from '../load-plan.js';
import type { ConnectionFigures, LoadResult, LoadWindow } from '../load-result.js';
import { percentile, percentilesOf } from './percentiles.js';
import type { Recorder, WindowRecord } from './recorder.js';

/** What only the run itself knows. */
export interface RunFacts {
  readonly ended: LoadResult['ended'];
  /** The measured time as it was. */
  readonly seconds: number;
  readonly generatorCpuS: number;
  readonly connections: ConnectionFigures;
}

/** Three windows further apart than this are not a steady state. */
const steadySpreadMax = 0.1;

export function makeResult(plan: LoadPlan, recorder: Recorder, facts: RunFacts): LoadResult {
  const { sent, unsent, late, counts } = recorder;
  const { ended, seconds, generatorCpuS, connections } = facts;
  const windowS = plan.seconds / 3; // of a run that was stopped, the last ones are empty or cut
  const came = recorder.windows.reduce((sum, window) => sum + window.latencies.length, 0);
  const perS = (count: number): number => (seconds > 0 ? rounded(count / seconds) : 0);
  const lateSentShare = sent + unsent === 0 ? 0 : (late + unsent) / (sent + unsent);
  const [first, second, third] = recorder.windows;
  const invalidBecause = faultOf(sent, lateSentShare, plan, ended);
  return {
    sent,
    ...counts,
    withoutRetryAfter: recorder.withoutRetryAfter,
    unsent,
    lateSentShare: Math.round(lateSentShare * 1e6) / 1e6,
    lateAfterMs: plan.lateAfterMs ?? lateAfterMsDefault,
    kinds: Object.fromEntries(recorder.kinds),
    servedBy: Object.fromEntries(recorder.servedBy),
    ratePerS: perS(came),
    goodputPerS: perS(recorder.cameWithinBound),
    withinBoundShare: sent + unsent === 0 ? 0 : recorder.sentWithinBound / (sent + unsent),
    latency: percentilesOf(recorder.latencies.sorted()),
    refusedLatency: percentilesOf(recorder.refusedLatencies.sorted()),
    windows: [windowOf(first, windowS), windowOf(second, windowS), windowOf(third, windowS)],
    steady: ended === 'done' && isSteady(recorder.windows, plan.shape.kind),
    valid: invalidBecause === null,
    invalidBecause,
    ended,
    seconds: rounded(seconds),
    generatorCpuS: rounded(generatorCpuS),
    generatorCores: seconds > 0 ? rounded(generatorCpuS / seconds) : 0,
    connections,
  };
}

function faultOf(sent: number, lateShare: number, plan: LoadPlan, ended: LoadResult['ended']): string | null {
  if (ended === 'stopped') return 'it was stopped before its end';
  if (ended === 'requests-max') return 'it sent as many requests as one run may, before its end';
  if (sent === 0) return 'nothing was sent in the measured time';
  if (lateShare <= lateShareMax) return null;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  return `${percent(lateShare)} of the requests were sent more than ${plan.lateAfterMs ?? lateAfterMsDefault} ms late; at most ${percent(lateShareMax)} may be`;
}

function windowOf({ latencies }: WindowRecord, windowS: number): LoadWindow {
  const sorted = latencies.sorted();
  return {
    ratePerS: rounded(sorted.length / windowS),
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
  };
}

function isSteady(windows: readonly WindowRecord[], kind: LoadPlan['shape']['kind']): boolean {
  const figures = windows.map(({ latencies, due }) =>
    kind === 'closed' ? latencies.length : latencies.length / Math.max(1, due),
  );
  const most = Math.max(...figures);
  return most > 0 && (most - Math.min(...figures)) / most <= steadySpreadMax;
}

const rounded = (figure: number): number => Math.round(figure * 1_000) / 1_000;
