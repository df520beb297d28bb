import type { Step } from '../interleave.js';
import type { BenchCase } from './bench-case.js';
import type { BenchModel } from './bench-model.js';
import type { BenchServer } from './bench-server.js';
import { outputOf, requestIn, type WireFormat, wireFormats } from './wire-format.js';
import type { TimedStep } from './worker/bench-routes.js';
import { errorMax, worstError } from './worst-error.js';

export const stepNames = {
  empty: 'http-empty',
  raw: 'raw-run',
  host: 'host-call',
  binary: 'http-binary',
} as const;

/** What is timed of one model, warm. Every answer is checked. */
export function stepsOf(server: BenchServer, benchCase: BenchCase, model: BenchModel): Step[] {
  return [
    { name: stepNames.empty, time: () => emptyRequest(server) },
    { name: stepNames.raw, time: () => inWorker(server, '/bench/raw', model.name) },
    { name: stepNames.host, time: () => inWorker(server, '/bench/host', model.name) },
    ...wireFormats.map((format) => inferStep(server, benchCase, model, format)),
  ];
}

/** A whole V2 infer request to the real Worker. */
export function inferStep(server: BenchServer, benchCase: BenchCase, model: BenchModel, format: WireFormat): Step {
  const { headers, body } = requestIn(format, model);
  const path = `/v2/models/${model.name}/infer`;
  const what = `${model.name} in ${format}`;
  const time = async (): Promise<number> => {
    const answer = await server.send({ method: 'POST', path, headers, body });
    const { 'x-brink-served-by': servedBy, 'x-brink-digest': digest } = answer.headers;
    if (answer.status !== 200 || servedBy !== 'edge' || digest !== benchCase.digest) {
      throw new Error(`${what}: expected an answer of the edge, got status ${answer.status}`);
    }
    checkAnswer(what, worstError(outputOf(format, answer), model.output.data));
    return answer.ms;
  };
  return { name: `http-${format}`, time };
}

export async function emptyRequest(server: BenchServer): Promise<number> {
  const { status, ms } = await server.send({ method: 'GET', path: '/v2/health/live' });
  if (status !== 200) throw new Error(`expected the empty request to answer 200, got ${status}`);
  return ms;
}

async function inWorker(server: BenchServer, path: string, model: string): Promise<number | undefined> {
  const step = (await server.ask(path, model)) as TimedStep;
  checkAnswer(`${model} at ${path}`, step.worstError);
  return step.exact ? step.ms : undefined;
}

/** A benchmark of wrong answers is none. JSON has no Infinity: `null` is one. */
export function checkAnswer(what: string, worst: number | null): void {
  if (worst !== null && worst <= errorMax) return;
  const came = worst ?? Infinity;
  throw new Error(`${what}: expected each element within ${errorMax} of onnxruntime-node's, got one off by ${came}`);
}
