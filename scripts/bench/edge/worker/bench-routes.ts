import { Tensor as OrtTensor } from 'onnxruntime-web/wasm';
import type { Env } from '../../../../edge/bindings.js';
import type { HostStub } from '../../../../edge/gateway/host-engine.js';
import { toOrtTensor } from '../../../../shared/engine/ort-tensor.js';
import { unwrap } from '../../../../shared/errors/brink-error.js';
import type { BenchCase } from '../bench-case.js';
import { worstError } from '../worst-error.js';
import { coldStart } from './cold-start.js';
import { type LoadedCase, loadCase } from './loaded-case.js';
import { sessionOf } from './session-spy.js';
import { TickTimer } from './tick-timer.js';

/** What a timed step inside the Worker answers. */
export interface TimedStep {
  readonly ms: number;
  readonly exact: boolean;
  readonly worstError: number;
}

const deadlineMs = 60_000;
// The models of this run, by name: two.
const cases = new Map<string, LoadedCase>();
const timer = new TickTimer(() => Date.now());

/** The benchmark's own routes: `case`, `raw`, `host` and `cold`. No shipped Worker has them. */
export async function benchRoutes(request: Request, env: Env, context: ExecutionContext): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  if (pathname === '/bench/case') {
    const benchCase = JSON.parse(searchParams.get('case') ?? '{}') as BenchCase;
    cases.set(benchCase.model, await loadCase(env, benchCase, await request.arrayBuffer()));
    return Response.json({});
  }
  const loaded = cases.get(searchParams.get('model') ?? '');
  if (loaded === undefined) return new Response('the case comes first', { status: 400 });
  switch (pathname) {
    case '/bench/raw':
      return Response.json(await rawRun(loaded));
    case '/bench/host':
      return Response.json(await hostCall(loaded, context));
    case '/bench/cold':
      return Response.json(await coldStart(env, loaded));
    default:
      return new Response('no such route', { status: 404 });
  }
}

/** A run of the host's own session with nothing around it. */
async function rawRun({ graph, input, outputName, expected }: LoadedCase): Promise<TimedStep> {
  const session = sessionOf(graph.model.bytes);
  const feeds = { [input.name]: toOrtTensor(input, OrtTensor) };
  const { value, ms, exact } = await timer.time(() => session.run(feeds, { logSeverityLevel: 4 }));
  return { ms, exact, worstError: worstError(value[outputName]?.data as Float32Array, expected) };
}

/** What the gateway does to have a model run: an RPC into the host. */
async function hostCall(loaded: LoadedCase, context: ExecutionContext): Promise<TimedStep> {
  const { target, input, outputName, expected } = loaded;
  const { exports } = context as unknown as { exports: { ModelHost: HostStub } };
  const { value, ms, exact } = await timer.time(() => exports.ModelHost.infer(target, [input], deadlineMs));
  const output = unwrap(value).find(({ name }) => name === outputName);
  return { ms, exact, worstError: worstError((output?.data ?? []) as Float32Array, expected) };
}
