import { type BenchRow, rounded } from '../bench-report.js';
import { outputOf, type WireFormat, wireFormats } from '../edge/wire-format.js';
import { checkAnswer } from '../edge/steps.js';
import { worstError } from '../edge/worst-error.js';
import { differencesOf, figuresOf, interleave, type Step } from '../interleave.js';
import { KeepAliveClient } from '../keep-alive-client.js';
import { seededRandom } from '../../seeded-random.js';
import { median, spreadOf } from '../statistics.js';
import type { BareLimit } from './bare-limit.js';
import type { BenchContext } from './bench-context.js';
import type { Contestant } from './contestant.js';
import { floatsOf } from './models/case-files.js';
import type { ServingModel } from './models/serving-model.js';

const rawStep = 'raw-run';
const warmUpRounds = 5;

export interface AloneFigures {
  readonly rows: readonly BenchRow[];
  /** p50 of (request of one caller alone − raw run), over binary REST. */
  readonly overheadMs: number;
}

/** One caller alone: raw runs and whole requests in turns, every element of every answer compared. */
export async function aloneRounds(
  { samples, progress, signal }: BenchContext,
  model: ServingModel,
  contestants: readonly Contestant[],
  limit: BareLimit,
): Promise<AloneFigures> {
  progress.stage(`${model.name}, one caller alone`, warmUpRounds + samples.aloneRounds);
  const callers = contestants.flatMap((contestant) => callerOf(model, contestant));
  const raw: Step = { name: rawStep, time: async () => (await limit.times(1, 1))[0] };
  try {
    const rounds = await interleave([raw, ...callers.map(({ step }) => step)], {
      warmUpRounds,
      rounds: samples.aloneRounds,
      random: seededRandom(4),
      onRound: () => progress.step(),
      signal,
    });
    const rows = [rawStep, ...callers.map(({ step }) => step.name)].map((server): BenchRow => {
      const { samples: count, p50, p99, mad } = spreadOf(figuresOf(rounds, server));
      const figures = { sent: count, p50Ms: rounded(p50), p99Ms: rounded(p99), madMs: rounded(mad) };
      return { model: model.name, step: 'alone', server, ...figures };
    });
    const overheadMs = median(differencesOf(rounds, 'origin-binary', rawStep));
    return { rows, overheadMs };
  } finally {
    for (const { client } of callers) client.close();
  }
}

/** Every sample once, every element of its answer compared. For those that speak HTTP. */
export async function checkAnswers(model: ServingModel, contestants: readonly Contestant[]): Promise<void> {
  for (const contestant of contestants) {
    for (const { step, client } of callerOf(model, contestant)) {
      try {
        let left = model.samples.length;
        while (left-- > 0) await step.time();
      } finally {
        client.close();
      }
    }
  }
}

interface CallerOf {
  readonly client: KeepAliveClient;
  readonly step: Step;
}

/** A client with a connection of its own, that sends one sample after the other. None for gRPC. */
function callerOf(model: ServingModel, { name, target, bodies }: Contestant): CallerOf[] {
  if (target.kind !== 'http') return [];
  const client = new KeepAliveClient(target.url);
  let next = 0;
  const time = async (): Promise<number> => {
    const at = next++ % bodies.length;
    const [body, sample] = [bodies[at], model.samples[at]];
    const { method, path } = target;
    const answer = await client.send({
      method,
      path,
      headers: body?.headers ?? {},
      body: body?.bytes ?? new Uint8Array(),
    });
    const what = `${model.name} by ${name}`;
    if (answer.status !== 200) throw new Error(`${what}: expected status 200, got ${answer.status}`);
    const format = formatOf(name);
    const output = format === undefined ? floatsOf(answer.bytes) : outputOf(format, answer);
    checkAnswer(what, worstError(output, sample?.output ?? []));
    return answer.ms;
  };
  return [{ client, step: { name, time } }];
}

/** Rivals answer with the tensor's bytes alone. */
const formatOf = (name: string): WireFormat | undefined => wireFormats.find((format) => name === `origin-${format}`);
