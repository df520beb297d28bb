import type { Engine, Residency, Target } from '../../shared/engine/engine.js';
import { BrinkError, type Outcome, unwrap } from '../../shared/errors/brink-error.js';
import type { HandlerInput, Json } from '../../shared/handler/handler.js';
import type { InferRequest } from '../../shared/protocol/infer.js';
import type { Tensor } from '../../shared/protocol/tensor.js';
import type { Deadline } from '../../shared/time/deadline.js';
import type { IsolateReport } from '../host/isolate-report.js';
import { defaultRunRule, type RunRule } from '../host/run-rule.js';
import type { ResidencyBeliefs } from './residency-beliefs.js';
import { checkBodyFits, checkInputsFit } from './rpc-size.js';

/** The host's RPC methods, as the gateway sees them. */
export interface HostStub {
  infer(
    target: Target,
    inputs: readonly Tensor[],
    deadlineMs: number,
    rule?: RunRule,
  ): Promise<Outcome<readonly Tensor[]>>;
  predict(target: Target, input: HandlerInput, deadlineMs: number, rule?: RunRule): Promise<Outcome<Json>>;
  prefetch(target: Target): Promise<Outcome<null>>;
  status(digests: readonly string[]): Promise<Record<string, Residency>>;
  report(): Promise<IsolateReport>;
}

/** The ModelHost entrypoint, reached through `ctx.exports`, as an engine. Every wait is bounded by the deadline. */
export class HostEngine implements Engine {
  readonly #host: Omit<HostStub, 'report'>;
  readonly #beliefs: ResidencyBeliefs;
  readonly #rule: RunRule;

  constructor(host: Omit<HostStub, 'report'>, beliefs: ResidencyBeliefs, rule: RunRule = defaultRunRule) {
    this.#host = host;
    this.#beliefs = beliefs;
    this.#rule = rule;
  }

  async infer(target: Target, request: InferRequest, deadline: Deadline): Promise<readonly Tensor[]> {
    checkInputsFit(request.inputs);
    return this.#call(target, deadline, this.#host.infer(target, request.inputs, deadline.leftMs(), this.#rule));
  }

  async predict(target: Target, input: HandlerInput, deadline: Deadline): Promise<Json> {
    checkBodyFits(input.bytes);
    return this.#call(target, deadline, this.#host.predict(target, input, deadline.leftMs(), this.#rule));
  }

  async prefetch(target: Target): Promise<void> {
    this.#beliefs.note(target.digest, 'loading');
    await this.#settle(target, this.#host.prefetch(target));
  }

  residency(digest: string): Residency {
    return this.#beliefs.of(digest);
  }

  async #call<T>(target: Target, deadline: Deadline, rpc: Promise<Outcome<T>>): Promise<T> {
    return deadline.bound(this.#settle(target, rpc), 'the edge ran the model');
  }

  async #settle<T>(target: Target, rpc: Promise<Outcome<T>>): Promise<T> {
    try {
      const value = unwrap(await rpc);
      this.#beliefs.note(target.digest, 'ready');
      return value;
    } catch (error) {
      if (!(error instanceof BrinkError)) {
        this.#beliefs.note(target.digest, 'failed');
        throw new BrinkError('engine-failed', 'the model host of the edge broke off', { cause: error });
      }
      if (error.status >= 500) await this.#lookAgain(target.digest);
      throw error;
    }
  }

  async #lookAgain(digest: string): Promise<void> {
    try {
      const status = await this.#host.status([digest]);
      this.#beliefs.note(digest, status[digest] ?? 'failed');
    } catch {
      this.#beliefs.note(digest, 'failed');
    }
  }
}
