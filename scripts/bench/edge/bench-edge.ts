import { type Aim, aimOf, type BenchRow, rounded } from '../bench-report.js';
import type { BenchProgress } from '../bench-progress.js';
import { differencesOf, figuresOf, interleave, type Round } from '../interleave.js';
import { seededRandom } from '../../seeded-random.js';
import { median, spreadOf } from '../statistics.js';
import type { BenchCase } from './bench-case.js';
import { type BenchModel, type BenchModelName, benchModels, prepareModel } from './bench-model.js';
import { BenchServer } from './bench-server.js';
import { coldParts, coldRound, coldWhole } from './cold.js';
import { inferStep, stepNames, stepsOf } from './steps.js';

/** How often everything is done. */
export interface EdgeSamples {
  readonly warmUpRounds: Readonly<Record<BenchModelName, number>>;
  readonly rounds: Readonly<Record<BenchModelName, number>>;
  readonly coldRounds: number;
}

export interface EdgeFigures {
  readonly rows: readonly BenchRow[];
  readonly aims: readonly Aim[];
}

interface Measured {
  readonly model: BenchModel;
  readonly benchCase: BenchCase;
  readonly warm: readonly Round[];
  readonly cold: Round[];
}

/** Measures the edge with nothing but itself: no origin, one Worker, one connection. */
export async function benchEdge(
  samples: EdgeSamples,
  progress: BenchProgress,
  signal: AbortSignal,
): Promise<EdgeFigures> {
  progress.stage('preparing the models');
  const models = [];
  for (const name of benchModels) models.push(await prepareModel(name));
  progress.stage('starting workerd');
  const server = await BenchServer.start();
  try {
    const measured: Measured[] = [];
    for (const model of models) measured.push(await measureWarm(server, model, samples, progress, signal));
    progress.stage('cold starts', samples.coldRounds * measured.length);
    for (let round = 0; round < samples.coldRounds; round += 1) {
      for (const { model, benchCase, cold } of measured) {
        signal.throwIfAborted();
        cold.push(await coldRound(server, benchCase, model));
        progress.step();
      }
    }
    return { rows: measured.flatMap(rowsOf), aims: measured.map(aimOfModel) };
  } finally {
    await server.dispose();
  }
}

async function measureWarm(
  server: BenchServer,
  model: BenchModel,
  samples: EdgeSamples,
  progress: BenchProgress,
  signal: AbortSignal,
): Promise<Measured> {
  const name = model.name as BenchModelName;
  const [warmUpRounds, rounds] = [samples.warmUpRounds[name], samples.rounds[name]];
  progress.stage(`${name}, warm`, warmUpRounds + rounds);
  const benchCase = await server.release(model);
  await server.putCase(benchCase, model);
  await inferStep(server, benchCase, model, 'binary').time(); // loads the version: raw runs use its session
  const steps = stepsOf(server, benchCase, model);
  const random = seededRandom(2);
  const warm = await interleave(steps, { warmUpRounds, rounds, random, signal, onRound: () => progress.step() });
  return { model, benchCase, warm, cold: [] };
}

const warmSteps = [
  stepNames.raw,
  stepNames.host,
  stepNames.binary,
  'http-msgpack',
  'http-json',
  stepNames.empty,
] as const;

function rowsOf({ model, warm, cold }: Measured): BenchRow[] {
  return [
    ...warmSteps.map((step) => rowOf(model.name, step, figuresOf(warm, step))),
    rowOf(model.name, 'binary-minus-empty', differencesOf(warm, stepNames.binary, stepNames.empty)),
    ...[...Object.values(coldParts), coldWhole].map((step) => rowOf(model.name, step, figuresOf(cold, step))),
  ];
}

export function rowOf(model: string, step: string, figures: readonly number[]): BenchRow {
  const { samples, p5, p50, p95, p99, mad } = spreadOf(figures);
  const [p5Ms, p50Ms, p95Ms, p99Ms, madMs] = [p5, p50, p95, p99, mad].map(rounded);
  return { model, step, samples, p5Ms, p50Ms, p95Ms, p99Ms, madMs } as BenchRow;
}

/** Issue 3: "p50 of (binary request − empty request) at most 1.15 × raw run + 0.5 ms". */
export function overheadLimitMs(rawRunMs: number): number {
  return 1.15 * rawRunMs + 0.5;
}

function aimOfModel({ model, warm }: Measured): Aim {
  const figure = median(differencesOf(warm, stepNames.binary, stepNames.empty));
  const limit = overheadLimitMs(median(figuresOf(warm, stepNames.raw)));
  return aimOf(`${model.name}: p50 of (binary request − empty request), ms`, figure, '<=', limit);
}
