import { type Aim, aimOf, type BenchRow, rounded } from '../bench-report.js';
import type { BenchContext } from './bench-context.js';
import type { OriginFigures } from './bench-origin.js';
import { windowFigures } from './closed-windows.js';
import { type Contestant, originContestants } from './contestant.js';
import { loadWindow, type LoadWindowFigures } from './load-window.js';
import { prepareServingModel, type ServingModelName } from './models/serving-model.js';
import { leastOf, type OriginWeight, whileWeighed } from './origin-weight.js';
import { OriginUnderTest } from './origin-under-test.js';

const overloadTimes = 2;
const seed = 11;
/** The saturation rate is sought at these, before the load and after it: the machine's mood is not the origin's. */
const peakConnections = [32, 128] as const;
/** As many as wait at most, and more: what the origin does not refuse must not wait in the generator. */
const connectionsMax = 1_024;
/** Admitted requests keep their latency: at most so many times that of saturation. */
const latencyTimesMax = 2;
const goodputShareMin = 0.95;
const weighEveryMs = 500;

/** What the issue wants of twice the load that the origin can carry, for each model. */
export async function benchOverload(context: BenchContext, names: readonly ServingModelName[]): Promise<OriginFigures> {
  const found: OriginFigures[] = [];
  for (const name of names) found.push(await overloadModel(context, name));
  return { rows: found.flatMap(({ rows }) => rows), aims: found.flatMap(({ aims }) => aims) };
}

async function overloadModel(context: BenchContext, name: ServingModelName): Promise<OriginFigures> {
  const { folder, setup, samples, progress, signal } = context;
  progress.stage(`${name}: preparing the model`);
  const model = await prepareServingModel(name);
  const origin = await OriginUnderTest.start({ folder, setup, versions: [model.prepared] });
  try {
    await origin.whenReady(model.prepared, signal);
    const binary = originContestants(model, origin).find((one) => one.name === 'origin-binary');
    if (binary === undefined) throw new Error('expected the origin over binary REST');
    progress.stage(`${name}: saturation`, peakConnections.length);
    const before = await peak(context, binary);
    const latencyBoundMs = latencyTimesMax * (before.window.latency.p99Ms ?? Infinity);
    progress.stage(`${name}: twice the saturation rate for ${samples.overloadS} s`);
    const ratePerS = overloadTimes * before.ratePerS;
    const shape = { kind: 'open', ratePerS, seed, connectionsMax } as const;
    const timing = { seconds: samples.overloadS, warmUpS: samples.warmUpS };
    const [window, weights] = await whileWeighed(origin, weighEveryMs, () =>
      loadWindow(context, binary, shape, { ...timing, latencyBoundMs }),
    );
    progress.stage(`${name}: saturation again`, peakConnections.length);
    const after = await peak(context, binary);
    const peakPerS = (before.ratePerS + after.ratePerS) / 2;
    return {
      rows: [
        { model: name, step: 'saturation', ratePerS: rounded(before.ratePerS), ...windowFigures([before.window]) },
        { ...overloadRow(name, ratePerS, window), ...growthOf(weights) },
        { model: name, step: 'saturation again', ratePerS: rounded(after.ratePerS), ...windowFigures([after.window]) },
      ],
      aims: overloadAims(name, window, peakPerS),
    };
  } finally {
    await origin.stop();
  }
}

function overloadRow(model: string, offeredPerS: number, window: LoadWindowFigures): BenchRow {
  return {
    model,
    step: 'overload',
    offeredPerS: rounded(offeredPerS),
    ratePerS: rounded(window.ratePerS),
    goodputPerS: rounded(window.goodputPerS),
    ...windowFigures([window]),
    answered: window.answered,
    unsent: window.unsent,
    refusedP99Ms: window.refusedLatency.p99Ms ?? 0,
    sentLatePercent: rounded(100 * window.lateSentShare),
    valid: window.valid ? 'yes' : 'no',
  };
}

type Overloaded = Pick<LoadWindowFigures, 'goodputPerS' | 'sent' | 'answered' | 'refused' | 'withoutRetryAfter'>;

/** "goodput at least 0.95 of the peak, the rest get 429/503 with `retry-after`, sent = answered + refused". */
export function overloadAims(model: string, window: Overloaded, peakPerS: number): Aim[] {
  const { goodputPerS, sent, answered, refused, withoutRetryAfter } = window;
  return [
    aimOf(`${model}: goodput at twice the load / peak`, goodputPerS / peakPerS, '>=', goodputShareMin),
    aimOf(`${model}: refused without retry-after`, withoutRetryAfter, '<=', 0),
    aimOf(`${model}: sent - answered - refused`, Math.abs(sent - answered - refused), '<=', 0),
  ];
}

interface Peak {
  readonly ratePerS: number;
  readonly window: LoadWindowFigures;
}

async function peak(context: BenchContext, contestant: Contestant): Promise<Peak> {
  const { warmUpS, windowS: seconds } = context.samples;
  let best: Peak | undefined;
  for (const connections of peakConnections) {
    const window = await loadWindow(context, contestant, { kind: 'closed', connections }, { warmUpS, seconds });
    if (best === undefined || window.ratePerS > best.ratePerS) best = { ratePerS: window.ratePerS, window };
    context.progress.step();
  }
  if (best === undefined || best.ratePerS === 0) throw new Error('the origin answered nothing in a closed loop');
  return best;
}

/** What it weighed in the middle third and in the last: the first fills caches and queues. */
function growthOf(weights: readonly OriginWeight[]): BenchRow {
  const third = Math.ceil(weights.length / 3);
  const last = leastOf(weights.slice(-third));
  const middle = leastOf(weights.length < 3 ? weights : weights.slice(third, 2 * third));
  return {
    serverMb: rounded(last.serverMb),
    serverGrowthMb: rounded(last.serverMb - middle.serverMb),
    runnersMb: rounded(last.runnersMb),
    runnersGrowthMb: rounded(last.runnersMb - middle.runnersMb),
  };
}
