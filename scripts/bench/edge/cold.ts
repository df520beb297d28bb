import type { BenchCase } from './bench-case.js';
import type { BenchModel } from './bench-model.js';
import type { BenchServer } from './bench-server.js';
import { checkAnswer, emptyRequest, inferStep } from './steps.js';
import type { ColdStart } from './worker/cold-start.js';

/** The parts of a cold start in their order, and the whole as a caller sees it. */
export const coldParts = {
  wasmStartMs: 'cold-wasm-start',
  fetchBucketMs: 'cold-fetch-from-r2',
  fetchCacheMs: 'cold-fetch-from-cache',
  createSessionMs: 'cold-create-session',
  firstRunMs: 'cold-first-run',
} as const satisfies Partial<Record<keyof ColdStart, string>>;
export const coldWhole = 'cold-first-request';

/** One cold start of a model taken apart, then one whole, each in a workerd process of its own. */
export async function coldRound(
  server: BenchServer,
  benchCase: BenchCase,
  model: BenchModel,
): Promise<ReadonlyMap<string, number>> {
  await server.restart();
  await server.putCase(benchCase, model);
  const parts = (await server.ask('/bench/cold', model.name)) as ColdStart;
  checkAnswer(`${model.name}, started cold`, parts.worstError);
  await server.restart();
  await emptyRequest(server); // the isolate runs, and nothing in it knows the model
  const whole = (await inferStep(server, benchCase, model, 'binary').time()) ?? NaN;
  const named = Object.entries(coldParts).map(([part, name]) => [name, parts[part as keyof typeof coldParts]] as const);
  return new Map([...named, [coldWhole, whole]]);
}
