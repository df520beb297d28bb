import { reportOf } from '../../bench/bench-report.js';
import { projectRoot } from '../../local/project-root.js';
import type { Saturation } from '../find-saturation.js';
import type { LoadFlags } from '../load-flags.js';
import type { LoadPlan, LoadTarget } from '../load-plan.js';
import type { Traffic } from '../load-traffic.js';
import type { LoadsFound } from '../run-loads.js';
import { type LoadReport, servedByOf } from './load-report.js';

/** What was measured, and how. */
export interface Measured {
  readonly target: LoadTarget;
  readonly traffic: Traffic;
  readonly plan: LoadPlan;
  readonly found: LoadsFound;
  readonly startedAt: number;
  readonly stopped: boolean;
}

/** The report of a load. */
export function makeReport(model: string, flags: LoadFlags, measured: Measured): LoadReport {
  const { target, traffic, plan, found, startedAt, stopped } = measured;
  const elapsedS = (Date.now() - startedAt) / 1_000;
  const machine = reportOf('load', projectRoot(), elapsedS, { rows: [], aims: [] });
  const bytes = plan.bodies.reduce((sum, body) => sum + body.bytes.byteLength, 0);
  const { steps, saturation, headline } = found;
  return {
    model,
    version: flags.version ?? null,
    target: target.kind === 'http' ? target.url + target.path : `${target.address}${target.method}`,
    protocol: traffic.protocol,
    tier: flags.tier ?? null,
    traffic: { from: traffic.from, bodies: plan.bodies.length, meanBytes: Math.round(bytes / plan.bodies.length) },
    settings: {
      warmUpS: plan.warmUpS,
      seconds: plan.seconds,
      timeoutMs: plan.timeoutMs,
      boundMs: plan.latencyBoundMs ?? null,
      seed: flags.seed,
    },
    steps,
    saturation: saturation === null ? null : withoutSteps(saturation),
    headline:
      headline === null
        ? null
        : { ratePerS: headline.ratePerS, boundMs: headline.boundMs, shareMin: headline.shareMin },
    servedBy: servedByOf(steps),
    stopped,
    startedAt: new Date(startedAt).toISOString(),
    elapsedS: machine.seconds,
    node: machine.node,
    cpus: machine.cpus,
    commit: machine.commit,
  };
}

const withoutSteps = ({ ratePerS, connections, reached }: Saturation): LoadReport['saturation'] => ({
  ratePerS,
  connections,
  reached,
});
