import { handlers } from '../../models/registry.js';
import type { Engine, Target } from '../../shared/engine/engine.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { DataTier, Described, ServingExtensions } from '../../shared/http/data-tier.js';
import type { Limits } from '../../shared/protocol/limits.js';
import { pickUnderLease, underLease } from '../../shared/release/commit.js';
import type { Leases } from '../../shared/release/leases.js';
import type { VersionRef } from '../../shared/release/release.js';
import type { Answer, Call, CallReport } from '../../shared/serve/call.js';
import { compressAnswer } from '../../shared/serve/compress-answer.js';
import { deadlineOn, runCall } from '../../shared/serve/run-call.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Deadline } from '../../shared/time/deadline.js';

/** How a version came to be asked for. */
export interface VersionUse {
  /** By a caller who named it, here; an edge pins whatever it has picked. */
  readonly byName: boolean;
  /** It was released when it was asked for. */
  readonly released: boolean;
}

export interface OriginTierOptions {
  readonly leases: Leases;
  readonly engine: Engine;
  readonly targetOf: (ref: VersionRef, deadline: Deadline) => Promise<Target>;
  readonly limits: Limits;
  /** The limits of requests to one model; absent: `limits` for all. */
  readonly limitsOf?: (model: string) => Limits;
  readonly clock: Clock;
  readonly isReady: () => boolean;
  readonly noteUse: (digest: string, use: VersionUse) => void;
  /** Statistics, index, load and unload. */
  readonly serving?: ServingExtensions;
}

/** The origin as a tier: runs what it is asked, under the same lease as the edge. */
export class OriginTier implements DataTier {
  readonly name = 'origin';
  readonly serving?: ServingExtensions;
  readonly #options: OriginTierOptions;

  constructor(options: OriginTierOptions) {
    this.#options = options;
    if (options.serving !== undefined) this.serving = options.serving;
  }

  async answer(call: Call, report: CallReport): Promise<Answer> {
    const { leases, clock, engine, limitsOf } = this.#options;
    const { model, version, deadline, seenEpoch } = call;
    if (call.forcedTier === 'edge') throw new BrinkError('bad-header', 'expected no wish for the edge at the origin');
    const startedAt = clock.now();
    const lease = { leases, model, version, deadline, seenEpoch, turn: eventLoopTurn };
    const committed = await underLease(lease, async (ref, epoch, release) => {
      report.plans = (report.plans ?? 0) + 1;
      report.ref = ref;
      report.epoch = epoch;
      checkPin(call.pin, ref);
      const target = await this.#options.targetOf(ref, deadline);
      if (!target.manifest.placement.tiers.includes('origin')) {
        throw new BrinkError(
          'no-tier-available',
          `version '${ref.version}' of model '${model}' is not placed at the origin`,
        );
      }
      this.#options.noteUse(ref.digest, {
        byName: version !== undefined && call.pin === undefined,
        released: [release.stable, release.lastGood].some((one) => one?.digest === ref.digest),
      });
      deadlineOn(call, target).check('the request waited to be run');
      const limits = limitsOf?.(model) ?? this.#options.limits;
      const lent: (() => void)[] = [];
      const body = await runCall(observed(call, report, clock, lent), target, { engine, limits, handlers });
      for (const giveBack of lent) giveBack();
      const sent = await compressAnswer(body, call);
      report.bytesOut = sent.bytes.byteLength;
      return sent;
    });
    report.servedBy = 'origin';
    const attempts = [{ tier: 'origin' as const, ms: clock.now() - startedAt }];
    return { body: committed.value, ref: committed.ref, epoch: committed.epoch, servedBy: 'origin', attempts };
  }

  async describe(model: string, version: string | undefined, deadline: Deadline): Promise<Described> {
    const { leases, targetOf } = this.#options;
    const { ref, standing } = await pickUnderLease({ leases, model, version, deadline });
    return { target: await targetOf(ref, deadline), release: standing.release };
  }

  modelReady({ target }: Described): Promise<boolean> {
    return Promise.resolve(this.#options.engine.residency(target.digest) === 'ready');
  }

  ready(): Promise<boolean> {
    return Promise.resolve(this.#options.isReady());
  }
}

/** The call with ears for its runs. `lent`: what to call when the outputs have become an answer. */
function observed(call: Call, report: CallReport, clock: Clock, lent: (() => void)[]): Call {
  const noteRun = noteRunIn(report, clock);
  if (call.kind === 'predict') return { ...call, noteRun }; // a handler may keep what it was given
  return { ...call, noteRun, lendOutputs: (giveBack) => lent.push(giveBack) };
}

/** Adds up the runs of a call in its report. */
function noteRunIn(report: CallReport, clock: Clock): NonNullable<Call['noteRun']> {
  return ({ queueMs, inputMs, inferMs, outputMs }) => {
    const sum = report.run ?? { runs: 0, queueMs: 0, inputMs: 0, inferMs: 0, outputMs: 0 };
    report.run = {
      runs: sum.runs + 1,
      queueMs: sum.queueMs + queueMs,
      inputMs: sum.inputMs + inputMs,
      inferMs: sum.inferMs + inferMs,
      outputMs: sum.outputMs + outputMs,
      endedAt: clock.now(),
    };
  };
}

function checkPin(pin: VersionRef | undefined, ref: VersionRef): void {
  if (pin === undefined || pin.digest === ref.digest) return;
  throw new BrinkError('pin-mismatch', `version '${ref.version}' does not have the digest that was pinned`);
}

function eventLoopTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
