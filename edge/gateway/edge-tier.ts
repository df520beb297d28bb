import { handlers } from '../../models/registry.js';
import type { Target } from '../../shared/engine/engine.js';
import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import { causeRow } from '../../shared/http/cause-row.js';
import { handlerKey } from '../../shared/handler/handler.js';
import type { DataTier, Described } from '../../shared/http/data-tier.js';
import { originCanHelp, type Plan, planAttempts, type PlanInput } from '../../shared/plan/plan.js';
import { pickUnderLease, underLease } from '../../shared/release/commit.js';
import type { TierName } from '../../shared/protocol/headers.js';
import type { VersionRef } from '../../shared/release/release.js';
import type { Answer, Call, CallReport, EncodedBody } from '../../shared/serve/call.js';
import { compressAnswer } from '../../shared/serve/compress-answer.js';
import { deadlineOn, runCall } from '../../shared/serve/run-call.js';
import { systemClock } from '../../shared/time/clock.js';
import type { Deadline } from '../../shared/time/deadline.js';
import { releasePrefix } from '../artifact-keys.js';
import type { Env } from '../bindings.js';
import { settingsOf } from '../settings.js';
import { runAttempts } from './attempts.js';
import { HostEngine, type HostStub } from './host-engine.js';
import { type Isolate, inBackground, isolateOf } from './isolate.js';
import { type MeasuredCall, measuredCall } from './measured-call.js';
import { askOrigin } from './origin-client.js';
import { OriginError } from './origin-error.js';
import { servedManifest } from './signatures.js';

/** While another tier is still to be tried, a silent origin is waited for no longer than this, or 8 × what is usual. */
const originPatienceMs = 1_000;
const originPatienceFactor = 8;
const readyMsMax = 1_000;

/** The edge as a tier: plans each request, runs it here or passes it on, and commits it under the lease. */
export class EdgeTier implements DataTier {
  readonly name = 'edge';
  readonly #env: Env;
  readonly #isolate: Isolate;
  readonly #host: HostStub;

  constructor(env: Env, host: HostStub) {
    this.#env = env;
    this.#isolate = isolateOf(env);
    this.#host = host;
  }

  async answer(call: Call, report: CallReport): Promise<Answer> {
    const { leases } = this.#isolate;
    const { model, version, deadline } = call;
    const committed = await underLease({ leases, model, version, deadline, turn: ioTurn }, async (ref, epoch) => {
      report.ref = ref;
      report.epoch = epoch;
      if (call.pin !== undefined && call.pin.digest !== ref.digest) {
        throw new BrinkError('pin-mismatch', `version '${ref.version}' does not have the digest that was pinned`);
      }
      const { body, tier } = await this.#attempt(call, await this.#target(ref), epoch, report);
      return { body: await compressAnswer(body, call), tier };
    });
    const { body, tier } = committed.value;
    report.servedBy = tier;
    return { body, ref: committed.ref, epoch: committed.epoch, servedBy: tier, attempts: report.attempts ?? [] };
  }

  async describe(model: string, version: string | undefined, deadline: Deadline): Promise<Described> {
    const { leases } = this.#isolate;
    const { ref, standing } = await pickUnderLease({ leases, model, version, deadline });
    return { target: await this.#target(ref), release: standing.release };
  }

  modelReady({ target }: Described): Promise<boolean> {
    const { deadlineMs, handler } = target.manifest;
    const { attempts } = planAttempts(this.#situation(target, undefined, deadlineMs));
    const hasHandler = handler === null || handlers.has(handlerKey(handler));
    return Promise.resolve(attempts.some((tier) => tier === 'origin' || hasHandler));
  }

  /** Ready when the artifact store answers: without it nothing new can be loaded. */
  async ready(): Promise<boolean> {
    const probe = this.#env.BLOBS.head(releasePrefix).then(() => true); // there or not: it answered
    const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), readyMsMax));
    return Promise.race([probe, late]).catch(() => false);
  }

  async #target({ version, digest }: VersionRef): Promise<Target> {
    return { version, digest, manifest: await servedManifest(this.#env, digest) };
  }

  async #attempt(
    asked: Call,
    target: Target,
    epoch: number,
    report: CallReport,
  ): Promise<{ body: EncodedBody; tier: 'edge' | 'origin' }> {
    const deadline = deadlineOn(asked, target);
    const { call, plan } = this.#plan(asked, target, deadline);
    if (plan.prefetchEdge) inBackground(this.#prefetch(target));
    return runAttempts(plan, deadline, systemClock, report, async (tier, isLast) => {
      const startedAt = systemClock.now();
      const isPlainRun = tier === 'origin' || this.#runsAlone(target);
      try {
        const body =
          tier === 'edge'
            ? await this.#here(call, target, isLast)
            : await this.#there(call, target, epoch, deadline, isLast);
        // What also waited, for a load or for others, says nothing of a run.
        if (isPlainRun) this.#isolate.estimates.observe(`${tier}:${target.digest}`, systemClock.now() - startedAt);
        return body;
      } catch (error) {
        this.#logCause(error, call, tier);
        throw error;
      }
    });
  }

  #runsAlone({ digest }: Target): boolean {
    return this.#isolate.edgeInFlight === 0 && this.#isolate.residency.of(digest) === 'ready';
  }

  async #prefetch(target: Target): Promise<void> {
    const startedAt = systemClock.now();
    await new HostEngine(this.#host, this.#isolate.residency).prefetch(target);
    this.#isolate.estimates.observe(`load:${target.digest}`, systemClock.now() - startedAt);
  }

  #plan(call: Call, target: Target, deadline: Deadline): { readonly call: Call; readonly plan: Plan } {
    const situation = this.#situation(target, call.forcedTier, deadline.leftMs());
    // How large it is matters only where somebody else may take it.
    const canChoose = situation.tiers.includes('edge') && originCanHelp(situation);
    const looked: MeasuredCall = canChoose
      ? measuredCall(call, target, settingsOf(this.#env).limits)
      : { call, aboveMeasured: false };
    return { call: looked.call, plan: planAttempts({ ...situation, aboveMeasured: looked.aboveMeasured }) };
  }

  #situation(target: Target, forced: Call['forcedTier'], leftMs: number): PlanInput {
    const { originBreakers, estimates, measured, residency } = this.#isolate;
    const { digest } = target;
    // What was measured elsewhere holds until this isolate has seen it itself.
    const figures = target.manifest.placement.tiers.includes('edge') ? measured.of(digest) : undefined;
    const edgeRunMs = estimates.expected(`edge:${digest}`);
    const origin =
      settingsOf(this.#env).originUrl === undefined
        ? 'absent'
        : originBreakers.of(digest).wouldAllow
          ? 'available'
          : 'open';
    return {
      tiers: target.manifest.placement.tiers,
      forced,
      edge: residency.of(digest),
      origin,
      leftMs,
      edgeInFlight: this.#isolate.edgeInFlight,
      aboveMeasured: false,
      expected: {
        edgeLoadMs: estimates.expected(`load:${digest}`) ?? figures?.loadMs,
        edgeRunMs: edgeRunMs ?? figures?.runP50Ms,
        edgeSlowRunMs: edgeRunMs ?? figures?.runP95Ms,
        originMs: estimates.expected(`origin:${digest}`),
      },
    };
  }

  /** What is behind a failed attempt, even when another one answers. */
  #logCause(error: unknown, { requestId }: Call, tier: TierName): void {
    const failure = toBrinkError(error);
    if (failure.cause !== undefined) console.log(JSON.stringify(causeRow(failure, { requestId, tier })));
  }

  async #here(call: Call, target: Target, isLast: boolean): Promise<EncodedBody> {
    // Where nobody else can answer, what is above the measured is tried all the same: the heap has a cap of its own.
    const engine = new HostEngine(this.#host, this.#isolate.residency, { aboveMeasured: isLast ? 'try' : 'refuse' });
    this.#isolate.edgeInFlight += 1;
    try {
      return await runCall(call, target, { engine, limits: settingsOf(this.#env).limits, handlers });
    } finally {
      this.#isolate.edgeInFlight -= 1;
    }
  }

  async #there(call: Call, target: Target, epoch: number, deadline: Deadline, isLast: boolean): Promise<EncodedBody> {
    const { originBreakers, estimates, leases } = this.#isolate;
    const { originUrl, originKey } = settingsOf(this.#env);
    const breaker = originBreakers.of(target.digest);
    if (originUrl === undefined || !breaker.tryAcquire()) {
      throw new BrinkError('origin-unreachable', 'the origin is left alone for a while', {
        retryAfterMs: breaker.allowedInMs,
      });
    }
    const patienceMs = Math.max(
      originPatienceMs,
      originPatienceFactor * (estimates.expected(`origin:${target.digest}`) ?? 0),
    );
    const bounded = isLast ? deadline : deadline.fromNow(patienceMs);
    const options = { url: originUrl, key: originKey, fetch: (request: Request) => fetch(request) };
    try {
      const answer = await askOrigin(options, call, target, epoch, bounded);
      breaker.succeeded();
      leases.noteEpoch(call.model, answer.epoch);
      return answer.body;
    } catch (error) {
      const healthy = error instanceof OriginError ? error.originIsHealthy : false;
      if (healthy === undefined) breaker.abandoned();
      else if (healthy) breaker.succeeded();
      else breaker.failed();
      throw error;
    }
  }
}

/** One I/O turn: it moves the clock, which stands still while a Worker computes. */
async function ioTurn(): Promise<void> {
  await scheduler.wait(0);
}
