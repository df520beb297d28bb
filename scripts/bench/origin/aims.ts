import { type Aim, aimOf } from '../bench-report.js';
import { comparedConnections } from './closed-loop.js';
import type { ContestantName } from './contestant.js';
import type { ServingModelName } from './models/serving-model.js';

export interface ModelFigures {
  readonly model: ServingModelName;
  /** (a): the bare loop, with the generator's share of the cores taken away. */
  readonly limitPerS: number;
  readonly saturationPerS: (contestant: ContestantName) => number;
  /** At 32 connections. */
  readonly comparedPerS: (contestant: ContestantName) => number;
  readonly fullBatchMs: number;
  readonly p99At80Ms: number;
  /** p50 of (request − raw run). */
  readonly aloneOverheadMs: number;
  readonly tensorBytes: number;
  readonly loopDelayP99Ms: number;
}

export interface WholeFigures {
  readonly models: readonly ModelFigures[];
  readonly pagesLoopDelayP99Ms: number;
  readonly swapGrowthMb: number;
  readonly swaps: number;
}

/** What the issue wants against a server that calls `session.run` per request, at 32 connections. */
const perRequestTimesMin: Readonly<Record<ServingModelName, number>> = {
  matmul: 4,
  orientation: 1.2,
  'ocr-line': 0.95,
};
const limitShareMin = 0.9;
const grpcShareMin = 0.9;
const fullBatchTimesMax = 3;
const loopDelayMsMax = 10;
const growthMbMax = 5;

/** "one caller alone: at most raw run + 1 ms up to 100 KB of tensors, + 3 ms for each MB above". */
export function aloneOverheadMsMax(tensorBytes: number): number {
  return 1 + 3 * Math.max(0, (tensorBytes - 100_000) / 1_000_000);
}

/** The list, with its limits. */
export function originAims({ models, pagesLoopDelayP99Ms, swapGrowthMb, swaps }: WholeFigures): Aim[] {
  const ofModels = models.flatMap(aimsOfModel);
  return [
    ...ofModels,
    aimOf('event-loop delay p99 while A4 JPEGs go through predict, ms', pagesLoopDelayP99Ms, '<=', loopDelayMsMax),
    aimOf(`growth of memory after ${swaps} swaps, MB`, swapGrowthMb, '<=', growthMbMax),
  ];
}

function aimsOfModel(figures: ModelFigures): Aim[] {
  const { model, saturationPerS, comparedPerS } = figures;
  const at = `at ${comparedConnections} connections`;
  const saturated = saturationPerS('origin-binary');
  const compared = comparedPerS('origin-binary');
  const limit = aimOf(`${model}: origin binary / bare limit`, saturated / figures.limitPerS, '>=', limitShareMin);
  return [
    ...(model === 'ocr-line' ? [limit] : []),
    aimOf(`${model}: origin binary / Hono per core`, saturated / saturationPerS('hono-per-core'), '>=', 1),
    aimOf(
      `${model}: origin binary / Hono per request ${at}`,
      compared / comparedPerS('hono-per-request'),
      '>=',
      perRequestTimesMin[model],
    ),
    aimOf(`${model}: gRPC / binary REST ${at}`, comparedPerS('origin-grpc') / compared, '>=', grpcShareMin),
    aimOf(`${model}: p99 at 80 % load, ms`, figures.p99At80Ms, '<=', fullBatchTimesMax * figures.fullBatchMs),
    aimOf(
      `${model}: one caller alone, p50 of (request - raw run), ms`,
      figures.aloneOverheadMs,
      '<=',
      aloneOverheadMsMax(figures.tensorBytes),
    ),
    aimOf(`${model}: event-loop delay p99 ${at}, ms`, figures.loopDelayP99Ms, '<=', loopDelayMsMax),
  ];
}
