import type { Aim, BenchRow } from '../bench-report.js';
import { originAims } from './aims.js';
import type { BenchContext } from './bench-context.js';
import { benchModel, type ModelReport } from './model-bench.js';
import { prepareServingModel, type ServingModel, type ServingModelName } from './models/serving-model.js';
import { pages } from './pages.js';
import { swapVersions } from './swaps.js';

export interface OriginFigures {
  readonly rows: readonly BenchRow[];
  readonly aims: readonly Aim[];
}

/** The origin beside the bare loop and what people write without it: issue 4's benchmark. */
export async function benchOrigin(context: BenchContext, names: readonly ServingModelName[]): Promise<OriginFigures> {
  const reports: ModelReport[] = [];
  let first: ServingModel | undefined;
  for (const name of names) {
    context.progress.stage(`${name}: preparing the model`);
    const model = await prepareServingModel(name);
    first ??= model;
    reports.push(await benchModel(context, model));
  }
  if (first === undefined) throw new Error('expected at least one model');
  const read = await pages(context);
  const swapped = await swapVersions(context, first);
  return {
    rows: [...reports.flatMap(({ rows }) => rows), ...read.rows, ...swapped.rows],
    aims: originAims({
      models: reports.map(({ figures }) => figures),
      pagesLoopDelayP99Ms: read.loopDelayP99Ms,
      swapGrowthMb: swapped.growthMb,
      swaps: context.samples.swaps,
    }),
  };
}
