import { type Aim, aimOf, type BenchReport, type BenchRow, rounded } from '../bench-report.js';
import type { BenchProgress } from '../bench-progress.js';
import { shuffled, seededRandom } from '../../seeded-random.js';
import { median, spreadOf } from '../statistics.js';
import { type ColdModel, coldModels } from './cold-models.js';
import { ColdServer } from './cold-server.js';
import { type ColdFigures, type ColdTier, coldTiers, type ColdVariant, coldVariants } from './cold-trial.js';

const mib = 1024 * 1024;
const smallBytesMax = 5 * mib;
const largeBytesMin = 10 * mib;

interface Sample {
  readonly model: string;
  readonly variant: ColdVariant;
  readonly tier: ColdTier;
  readonly figures: ColdFigures;
}

/** Every model, variant and tier once in each round, in an order by chance, each in a workerd process of its own. */
export async function benchCold(
  rounds: number,
  progress: BenchProgress,
  signal: AbortSignal,
): Promise<Pick<BenchReport, 'rows' | 'aims'>> {
  progress.stage('compiling the models');
  const models = await coldModels(signal);
  progress.stage('starting workerd');
  const server = await ColdServer.start(models);
  try {
    const trials = models.flatMap((model) =>
      coldVariants.flatMap((variant) => coldTiers.map((tier) => ({ model, variant, tier }))),
    );
    progress.stage('cold starts', rounds * trials.length);
    const random = seededRandom(1);
    const samples: Sample[] = [];
    for (let round = 0; round < rounds; round += 1) {
      for (const { model, variant, tier } of shuffled(trials, random)) {
        signal.throwIfAborted();
        samples.push({ model: model.name, variant, tier, figures: await measure(server, model, variant, tier) });
        progress.step();
      }
    }
    return { rows: trials.map(({ model, variant, tier }) => rowOf(model, variant, tier, samples)), aims: models.flatMap((model) => aimsOf(model, samples)) }; // prettier-ignore
  } finally {
    await server.dispose();
  }
}

async function measure(
  server: ColdServer,
  model: ColdModel,
  variant: ColdVariant,
  tier: ColdTier,
): Promise<ColdFigures> {
  const graph = variant === 'compiled' ? model.compiled : model.naive;
  const figures = await server.trial({ ...graph, tier, fromSnapshot: variant !== 'naive' }, model.golden);
  const what = `${model.name}, ${variant}, from ${tier}`;
  if (figures.wrong !== '') throw new Error(`${what}: ${figures.wrong}`);
  if (figures.fromSnapshot !== (variant !== 'naive')) throw new Error(`${what}: onnxruntime started the other way`);
  return figures;
}

const of = (samples: readonly Sample[], model: string, variant: ColdVariant, tier?: ColdTier): readonly ColdFigures[] =>
  samples
    .filter((sample) => sample.model === model && sample.variant === variant && (tier ?? sample.tier) === sample.tier)
    .map(({ figures }) => figures);

const middle = (figures: readonly ColdFigures[], key: keyof ColdFigures): number =>
  median(figures.map((one) => Number(one[key])));

function rowOf({ name }: ColdModel, variant: ColdVariant, tier: ColdTier, samples: readonly Sample[]): BenchRow {
  const figures = of(samples, name, variant, tier);
  const whole = spreadOf(figures.map(({ wholeMs }) => wholeMs));
  return {
    model: name,
    variant,
    tier,
    samples: figures.length,
    startMs: rounded(middle(figures, 'startMs')),
    fetchMs: rounded(middle(figures, 'fetchMs')),
    createMs: rounded(middle(figures, 'createMs')),
    firstRunMs: rounded(middle(figures, 'firstRunMs')),
    wholeP50Ms: rounded(whole.p50),
    wholeP95Ms: rounded(whole.p95),
    wholeMadMs: rounded(whole.mad),
    heapMiB: rounded(middle(figures, 'heapBytes') / mib),
  };
}

/** Compiled against naive, medians of both tiers together unless the tier is named. */
function aimsOf({ name, isCnn, bytes }: ColdModel, samples: readonly Sample[]): Aim[] {
  const ratio = (key: keyof ColdFigures, against: ColdVariant = 'naive', tier?: ColdTier): number =>
    middle(of(samples, name, 'compiled', tier), key) / middle(of(samples, name, against, tier), key);
  const aims: Aim[] = [];
  if (isCnn) aims.push(aimOf(`${name}: session creation, of naive`, ratio('createMs'), '<=', 0.5));
  if (bytes > largeBytesMin) aims.push(aimOf(`${name}: peak heap, of naive`, ratio('heapBytes'), '<=', 0.65));
  if (bytes < smallBytesMax) {
    for (const tier of coldTiers) {
      aims.push(aimOf(`${name}: whole cold start from ${tier}, of naive`, ratio('wholeMs', 'naive', tier), '<=', 0.6));
      aims.push(
        aimOf(`${name}: the same, of naive from the snapshot too`, ratio('wholeMs', 'naive-snapshot', tier), '<=', 0.6),
      );
    }
  }
  return aims;
}
