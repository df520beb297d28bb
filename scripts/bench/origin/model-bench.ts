import { type BenchRow, rounded } from '../bench-report.js';
import { aloneRounds, checkAnswers } from './alone.js';
import type { ModelFigures } from './aims.js';
import { BareLimit, bestBatch, batchSizes } from './bare-limit.js';
import type { BenchContext } from './bench-context.js';
import { Cleanup } from './cleanup.js';
import { closedLoop, comparedConnections } from './closed-loop.js';
import { type Contestant, originContestants, rivalContestants } from './contestant.js';
import { loadWindow } from './load-window.js';
import { writeCase } from './models/case-files.js';
import { type ServingModel, tensorBytesOf } from './models/serving-model.js';
import { headlineRow, openLoop } from './open-loop.js';
import { batchCounts, fullBatch, LoopDelayWatch } from './origin-figures.js';
import { OriginUnderTest } from './origin-under-test.js';
import { startRival } from './rival.js';

/** The bound for the highest rate, and for p99 at 80 % of saturation: so many times the run of a full batch. */
export const fullBatchTimes = 3;
/** As many cores as a load generator may take: it has one thread for JavaScript, and some below it. */
const burnersMax = 2;
const runsOfFullBatch = 5;

export interface ModelReport {
  readonly rows: readonly BenchRow[];
  readonly figures: ModelFigures;
}

/** Everything about one model: its contestants side by side, started for it and ended after it. */
export async function benchModel(context: BenchContext, model: ServingModel): Promise<ModelReport> {
  const cleanup = new Cleanup();
  try {
    context.progress.stage(`${model.name}: starting the contestants`);
    return await measure(context, model, await startAll(context, model, cleanup));
  } finally {
    await cleanup.all();
  }
}

interface Started {
  readonly limit: BareLimit;
  readonly origin: OriginUnderTest;
  readonly contestants: readonly Contestant[];
}

async function startAll(context: BenchContext, model: ServingModel, cleanup: Cleanup): Promise<Started> {
  const { scripts, folder, setup, signal } = context;
  const casePath = await writeCase(folder, model);
  const limit = cleanup.add(await BareLimit.start(scripts, casePath, setup, burnersMax), (it) => it.end());
  const rival = cleanup.add(await startRival(scripts, casePath, setup, 1), (it) => it.stop());
  const perCore = cleanup.add(await startRival(scripts, casePath, setup, setup.instances), (it) => it.stop());
  const versions = [model.prepared];
  const origin = cleanup.add(await OriginUnderTest.start({ folder, setup, versions }), (it) => it.stop());
  await origin.whenReady(model.prepared, signal);
  const contestants = [
    ...rivalContestants(model, { 'hono-per-request': rival, 'hono-per-core': perCore }),
    ...originContestants(model, origin),
  ];
  await checkAnswers(model, contestants);
  return { limit, origin, contestants };
}

async function measure(
  context: BenchContext,
  model: ServingModel,
  { limit, origin, contestants }: Started,
): Promise<ModelReport> {
  const { samples, progress, signal } = context;
  const { name } = model;
  const named = (wanted: string): Contestant | undefined => contestants.find((one) => one.name === wanted);
  const binary = named('origin-binary');
  if (binary === undefined) throw new Error('expected the origin among the contestants');
  const alone = await aloneRounds(context, model, contestants, limit);
  progress.stage(`${name}, the bare loop at each batch size`, batchSizes.length);
  const scan = await limit.rates(samples.scanMs, () => progress.step(), signal);
  const batch = bestBatch(scan);
  const closed = await closedLoop(context, { model: name, contestants, limit, batch });
  const saturated = await saturatedOrigin(context, origin, binary, batch, name);
  const fullBatchMs = await limit.medianRunMs(saturated.batch, runsOfFullBatch);
  const saturationPerS = closed.saturationPerS('origin-binary');
  const open = await openLoop(context, name, binary, saturationPerS);
  const boundMs = fullBatchTimes * fullBatchMs;
  const headlines: BenchRow[] = [];
  for (const contestant of contestants.filter((one) => headlineNames.includes(one.name))) {
    const bounds = { saturationPerS: closed.saturationPerS(contestant.name), boundMs };
    headlines.push(await headlineRow(context, name, contestant, bounds));
  }
  const scanRows = [...scan].map(([size, rate]): BenchRow => {
    return { model: name, step: 'bare batch', server: 'bare-loop', batch: size, ratePerS: rounded(rate) };
  });
  const fullRow = { model: name, step: 'full batch', server: 'bare-loop', batch: saturated.batch };
  const loopRow = { model: name, step: 'event loop', server: 'origin-binary', connections: comparedConnections };
  return {
    rows: [
      ...alone.rows,
      ...scanRows,
      ...closed.rows,
      { ...fullRow, p50Ms: rounded(fullBatchMs) },
      ...open.rows,
      ...headlines,
      { ...loopRow, p99Ms: rounded(saturated.loopDelayP99Ms) },
    ],
    figures: {
      model: name,
      limitPerS: closed.limitPerS,
      saturationPerS: closed.saturationPerS,
      comparedPerS: (contestant) => closed.ratePerS(contestant, comparedConnections),
      fullBatchMs,
      p99At80Ms: open.p99MsAt(80),
      aloneOverheadMs: alone.overheadMs,
      tensorBytes: tensorBytesOf(model),
      loopDelayP99Ms: saturated.loopDelayP99Ms,
    },
  };
}

const headlineNames: readonly string[] = ['origin-binary', 'hono-per-core'];

interface Saturated {
  /** The largest batch that the origin makes; where it does not tell, the bare loop's best. */
  readonly batch: number;
  readonly loopDelayP99Ms: number;
}

/** One more window at the compared number of connections, with the origin's own figures read before and after. */
async function saturatedOrigin(
  context: BenchContext,
  origin: OriginUnderTest,
  binary: Contestant,
  bestOfBare: number,
  model: string,
): Promise<Saturated> {
  const { warmUpS, windowS: seconds } = context.samples;
  const [watch, before] = [await LoopDelayWatch.begin(origin), await batchCounts(origin, model)];
  await loadWindow(context, binary, { kind: 'closed', connections: comparedConnections }, { warmUpS, seconds });
  const batch = fullBatch(before, await batchCounts(origin, model)) ?? bestOfBare;
  return { batch, loopDelayP99Ms: await watch.p99Ms() };
}
