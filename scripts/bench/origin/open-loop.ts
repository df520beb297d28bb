import { findHeadline } from '../../load/find-headline.js';
import { type BenchRow, rounded } from '../bench-report.js';
import type { BenchContext } from './bench-context.js';
import { windowFigures } from './closed-windows.js';
import type { Contestant } from './contestant.js';
import { checkRight, loadWindow, type LoadWindowFigures, planOf } from './load-window.js';

/** Of the saturation rate. */
export const loadPercents = [50, 80, 120] as const;
const connectionsMax = 256;
/** A run whose requests were sent late says nothing of the server: it is done again, so often. */
const triesMax = 2;

export interface OpenFigures {
  readonly rows: readonly BenchRow[];
  /** NaN where no run was valid. */
  readonly p99MsAt: (percent: number) => number;
}

/** Poisson arrivals at so many percent of the rate at which the contestant was saturated. */
export async function openLoop(
  context: BenchContext,
  model: string,
  contestant: Contestant,
  saturationPerS: number,
): Promise<OpenFigures> {
  if (!(saturationPerS > 0)) throw new Error(`${contestant.name} answered nothing of ${model} in a closed loop`);
  context.progress.stage(`${model}, open loop`, loadPercents.length);
  const rows: BenchRow[] = [];
  const p99Ms = new Map<number, number>();
  for (const percent of loadPercents) {
    const offeredPerS = (saturationPerS * percent) / 100;
    const window = await openWindow(context, contestant, offeredPerS, percent);
    p99Ms.set(percent, window.valid ? (window.latency.p99Ms ?? NaN) : NaN);
    rows.push({
      model,
      step: `open ${percent} %`,
      server: contestant.name,
      offeredPerS: rounded(offeredPerS),
      ratePerS: rounded(window.ratePerS),
      ...windowFigures([window]),
      sentLatePercent: rounded(100 * window.lateSentShare),
      valid: window.valid ? 'yes' : 'no',
      steady: window.steady ? 'yes' : 'no',
    });
    context.progress.step();
  }
  return { rows, p99MsAt: (percent) => p99Ms.get(percent) ?? NaN };
}

/** One run, again when it was not valid. */
async function openWindow(
  context: BenchContext,
  contestant: Contestant,
  ratePerS: number,
  seed: number,
): Promise<LoadWindowFigures> {
  const options = { seconds: secondsFor(context, ratePerS), warmUpS: context.samples.warmUpS };
  for (let attempt = 1; ; attempt += 1) {
    const shape = { kind: 'open', ratePerS, seed: seed + 1_000 * attempt, connectionsMax } as const;
    const window = await loadWindow(context, contestant, shape, options);
    if (window.valid || attempt === triesMax) return window;
  }
}

function secondsFor({ samples }: BenchContext, ratePerS: number): number {
  const { requests, secondsMin, secondsMax } = samples.open;
  return Math.min(secondsMax, Math.max(secondsMin, requests / ratePerS));
}

/** The highest rate, up to that of saturation, at which 99 % of the requests are answered within the bound. */
export async function headlineRow(
  context: BenchContext,
  model: string,
  contestant: Contestant,
  { saturationPerS, boundMs }: { readonly saturationPerS: number; readonly boundMs: number },
): Promise<BenchRow> {
  const { load, progress, signal, samples } = context;
  const { searchSteps: stepsMax, warmUpS } = samples;
  progress.stage(`${model}, the highest rate of ${contestant.name} under the bound`, stepsMax);
  const plan = planOf(
    contestant,
    { kind: 'closed', connections: 1 },
    { warmUpS, seconds: secondsFor(context, saturationPerS) },
  );
  const onStep = (): void => progress.step();
  const search = { saturationPerS, boundMs, seed: 1, connectionsMax, stepsMax, signal, onStep };
  const { ratePerS, steps } = await findHeadline(load, plan, search);
  signal.throwIfAborted();
  for (const { result } of steps) checkRight(contestant.name, result);
  const held = steps.findLast(({ shape }) => shape.kind === 'open' && shape.ratePerS === ratePerS);
  const row = { model, step: 'headline', server: contestant.name, boundMs: rounded(boundMs), ratePerS: ratePerS ?? 0 };
  return held === undefined ? row : { ...row, ...windowFigures([{ ...held.result, serverCores: NaN }]) };
}
