import type { MessagePort } from 'node:worker_threads';
import { BrinkError, fromFailure, type Outcome, toFailure } from '../../shared/errors/brink-error.js';
import { type HandlerContext, handlerKey, type HandlerRegistry, type Json } from '../../shared/handler/handler.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { systemClock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { FromWorker, PredictMessage, RanMessage, ToWorker } from './messages.js';
import { compactTensors } from './tensor-transfer.js';
import { VersionFileCache } from './version-file-cache.js';

type Run = HandlerContext['run'];

/** Of what goes to the log about a failure. */
const detailLengthMax = 2_000;

/** What a handler's worker thread does: runs the handlers of `registry` as the messages of `port` ask. */
export function serveHandlers(registry: HandlerRegistry, port: MessagePort): void {
  const cache = new VersionFileCache();
  const runs = new Map<number, (outcome: RanMessage['outcome']) => void>();
  let nextRunId = 1;
  const send = (message: FromWorker): void => port.postMessage(message);

  const runFor =
    (id: number): Run =>
    async (graph, inputs) => {
      const runId = nextRunId++;
      const answer = new Promise<RanMessage['outcome']>((resolve) => runs.set(runId, resolve));
      // Copied, not transferred: the handler may go on with a tensor that it has handed in.
      send({ type: 'run', id, runId, graph, inputs: compactTensors(inputs) });
      const outcome = await answer;
      if (!outcome.ok) throw fromFailure(outcome.failure);
      return byName(outcome.value);
    };

  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'predict':
        void answer(registry, cache, message, runFor(message.id)).then(send);
        return;
      case 'ran':
        runs.get(message.runId)?.(message.outcome);
        runs.delete(message.runId);
        return;
    }
  });
}

async function answer(
  registry: HandlerRegistry,
  cache: VersionFileCache,
  message: PredictMessage,
  run: Run,
): Promise<FromWorker> {
  const { id } = message;
  try {
    const value = await predict(registry, cache, message, run);
    return { type: 'done', id, outcome: { ok: true, value } };
  } catch (error) {
    const failure = error instanceof BrinkError ? error : handlerFailed(error);
    const detail = failure.cause === undefined ? undefined : describe(failure.cause);
    const outcome: Outcome<Json> = { ok: false, failure: toFailure(failure) };
    return detail === undefined ? { type: 'done', id, outcome } : { type: 'done', id, outcome, detail };
  }
}

function predict(registry: HandlerRegistry, cache: VersionFileCache, message: PredictMessage, run: Run): Promise<Json> {
  const handler = registry.get(handlerKey(message.handler));
  if (handler === undefined) {
    const expected = handlerKey(message.handler).slice(0, 64);
    throw new BrinkError('handler-missing', `expected the handler ${expected}, this build does not have it`);
  }
  const deadline = new Deadline(systemClock, message.budgetMs);
  const files = cache.files(message.digest, message.files);
  const context: HandlerContext = {
    run,
    settings: message.settings,
    checkpoint: () => deadline.check('the handler worked'),
    file: (name) => {
      const bytes = Object.hasOwn(files, name) ? files[name] : undefined;
      if (bytes !== undefined) return bytes;
      throw new BrinkError('handler-failed', `expected the version to have the file ${name.slice(0, 64)}, it has not`);
    },
  };
  return handler.predict(message.input, context);
}

const byName = (tensors: readonly Tensor[]): Record<string, Tensor> =>
  Object.fromEntries(tensors.map((tensor) => [tensor.name, tensor]));

const handlerFailed = (cause: unknown): BrinkError =>
  new BrinkError('handler-failed', 'the model’s handler failed on this input', { cause, retryAfterMs: 1_000 });

const describe = (cause: unknown): string =>
  (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)).slice(0, detailLengthMax);
