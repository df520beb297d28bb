import { WorkerEntrypoint } from 'cloudflare:workers';
import type { Residency, Target } from '../../shared/engine/engine.js';
import { BrinkError, type Outcome, toBrinkError, toFailure } from '../../shared/errors/brink-error.js';
import { causeText } from '../../shared/http/cause-row.js';
import type { HandlerInput, Json } from '../../shared/handler/handler.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import { systemClock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { Env } from '../bindings.js';
import type { RunRule } from './run-rule.js';
import type { IsolateReport } from './isolate-report.js';
import { engineOf, log, reportOf } from './isolate-engine.js';
import { loadMsMax } from './loaded-version.js';

/** What one answer may hold: an RPC message of workerd may have 32 MiB. */
export const answerBytesMax = 31 * 1024 * 1024;

/**
 * The edge's engine as an entrypoint, reached by the gateway through `ctx.exports`. It is an invocation of its own: the
 * gateway can time it from outside, which the clock of a Worker that computes does not allow from inside. Errors are
 * data: RPC keeps neither class nor code of one that is thrown.
 */
export class ModelHost extends WorkerEntrypoint<Env> {
  infer(
    target: Target,
    inputs: readonly Tensor[],
    deadlineMs: number,
    rule?: RunRule,
  ): Promise<Outcome<readonly Tensor[]>> {
    return outcome(target, async () => {
      const deadline = new Deadline(systemClock, deadlineMs);
      return checkAnswer(await engineOf(this.env).under(rule).infer(target, { inputs }, deadline));
    });
  }

  predict(target: Target, input: HandlerInput, deadlineMs: number, rule?: RunRule): Promise<Outcome<Json>> {
    const deadline = new Deadline(systemClock, deadlineMs);
    return outcome(target, () => engineOf(this.env).under(rule).predict(target, input, deadline));
  }

  prefetch(target: Target): Promise<Outcome<null>> {
    return outcome(target, async () => {
      await engineOf(this.env).prefetch(target, new Deadline(systemClock, loadMsMax));
      return null;
    });
  }

  status(digests: readonly string[]): Promise<Record<string, Residency>> {
    const engine = engineOf(this.env);
    return Promise.resolve(Object.fromEntries(digests.map((digest) => [digest, engine.residency(digest)])));
  }

  report(): Promise<IsolateReport> {
    return Promise.resolve(reportOf(this.env));
  }
}

async function outcome<T>({ digest, manifest }: Target, work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (thrown) {
    const error = toBrinkError(thrown);
    // What is the caller's own fault is no news, and ORT's words about it may quote the inputs.
    if (error.status >= 500) {
      log('host-failed', {
        model: manifest.model,
        digest,
        code: error.code,
        cause: causeText(error.cause ?? error.message),
      });
    }
    return { ok: false, failure: toFailure(error) };
  }
}

function checkAnswer(tensors: readonly Tensor[]): readonly Tensor[] {
  const bytes = tensors.reduce((sum, { data }) => sum + ('byteLength' in data ? data.byteLength : textBytes(data)), 0);
  if (bytes <= answerBytesMax) return tensors;
  throw new BrinkError('tensor-too-large', `expected outputs of at most ${answerBytesMax} bytes, got ${bytes}`);
}

/** At most three bytes of UTF-8 for each UTF-16 unit, and a little for each element. */
const textBytes = (texts: readonly string[]): number => texts.reduce((sum, text) => sum + 3 * text.length + 8, 0);
