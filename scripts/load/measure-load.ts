import type { HttpClient } from '../client/http-client.js';
import type { Terminal } from '../commands/terminal.js';
import { UsageError } from '../commands/usage-error.js';
import { connectionsDefault } from './find-saturation.js';
import type { LoadFlags } from './load-flags.js';
import { lateAfterMsDefault, type LoadPlan, type LoadShape } from './load-plan.js';
import { LoadProcess } from './load-process.js';
import { LoadProgressBar } from './load-progress-bar.js';
import { loadTarget } from './load-target.js';
import { loadTraffic } from './load-traffic.js';
import type { LoadReport } from './report/load-report.js';
import { makeReport } from './report/make-report.js';
import { type LoadsFound, type LoadWish, runLoads } from './run-loads.js';
import { tryOnce } from './try-once.js';

const timeoutMsDefault = 10_000;
/** Late by less than this share of the bound hardly moves what is found; without a bound, by less than `lateAfterMs`. */
const lateBoundShare = 0.1;
const lateAfterMs = 5;
/** An open loop may have so many requests under way before it is late by its own fault. */
const openConnectionsMax = 512;

export async function measureLoad(
  model: string,
  flags: LoadFlags,
  http: HttpClient,
  terminal: Terminal,
): Promise<LoadReport> {
  const startedAt = Date.now();
  const { version, traffic, contentType, protocol, shape = [], seed, warmUp: warmUpS, seconds } = flags;
  const predict = flags.predict === true;
  const target = loadTarget(model, flags, http);
  const sent = await loadTraffic(
    { model, version, traffic, predict, contentType, protocol, shapes: shape, seed },
    http,
  );
  const timeoutMs = flags.timeout ?? timeoutMsDefault;
  const [first] = sent.bodies;
  if (first === undefined) throw new UsageError('expected at least one request, got none');
  await tryOnce(target, first, http, timeoutMs);
  const shapeOfNone: LoadShape = { kind: 'closed', connections: 1 }; // each run has its own
  const bound =
    flags.p99Ms === undefined
      ? { lateAfterMs }
      : { latencyBoundMs: flags.p99Ms, lateAfterMs: Math.max(lateAfterMsDefault, lateBoundShare * flags.p99Ms) };
  const plan = {
    target,
    bodies: sent.bodies,
    bodySeed: seed,
    shape: shapeOfNone,
    warmUpS,
    seconds,
    timeoutMs,
    ...bound,
  };
  const found = await inOwnProcess(plan, wishOf(flags), terminal);
  return makeReport(model, flags, { target, traffic: sent, plan, found, startedAt, stopped: terminal.signal.aborted });
}

async function inOwnProcess(plan: LoadPlan, wish: LoadWish, terminal: Terminal): Promise<LoadsFound> {
  const bar = new LoadProgressBar(terminal, plan);
  const { onStart, onStep, onProgress } = bar;
  const session = await LoadProcess.start();
  try {
    return await runLoads(session, plan, wish, { signal: terminal.signal, onStart, onStep, onProgress });
  } finally {
    bar.stop();
    await session.close();
  }
}

function wishOf({ connections, rate, p99Ms, seed }: LoadFlags): LoadWish {
  if (connections !== undefined) return { kind: 'shapes', shapes: connections };
  const connectionsMax = openConnectionsMax;
  if (rate !== undefined) {
    const shapes = rate.map((ratePerS): LoadShape => ({ kind: 'open', ratePerS, seed, connectionsMax }));
    return { kind: 'shapes', shapes };
  }
  return { kind: 'saturate', connections: connectionsDefault, boundMs: p99Ms ?? null, seed, connectionsMax };
}
