import { BrinkError, toBrinkError } from '../../shared/errors/brink-error.js';
import type { Plan } from '../../shared/plan/plan.js';
import type { TierName } from '../../shared/protocol/headers.js';
import type { Attempt, CallReport, EncodedBody } from '../../shared/serve/call.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Deadline } from '../../shared/time/deadline.js';

export type Try = (tier: TierName, isLast: boolean) => Promise<EncodedBody>;

export interface AttemptsResult {
  readonly body: EncodedBody;
  readonly tier: TierName;
}

/** Refusals of one tier that another need not share: its limits are its own, and so is its build of the runtime. */
const ofOneTier: ReadonlySet<string> = new Set(['model-rejected-input', 'tensor-too-large', 'body-too-large']);
/** Those of them that another tier, when it works, need not share at all. */
const tooLarge: ReadonlySet<string> = new Set(['tensor-too-large', 'body-too-large']);

/**
 * Runs a plan: each attempt in turn until one answers. A fault of the caller's ends it at once, any other failure goes
 * on to the next. Times are taken here, from outside: a host cannot time its own run.
 */
export async function runAttempts(
  plan: Plan,
  deadline: Deadline,
  clock: Clock,
  report: CallReport,
  attempt: Try,
): Promise<AttemptsResult> {
  const { edgePassedOver } = plan;
  const made: Attempt[] = edgePassedOver === undefined ? [] : [{ tier: 'edge', ms: 0, failure: edgePassedOver }];
  report.attempts = made;
  let rejected: BrinkError | undefined;
  let late: BrinkError | undefined;
  let failed = false;
  let retryAfterMs = 0;
  for (const [index, tier] of plan.attempts.entries()) {
    if (deadline.passed) break;
    const startedAt = clock.now();
    try {
      const body = await attempt(tier, index === plan.attempts.length - 1);
      made.push({ tier, ms: clock.now() - startedAt });
      return { body, tier };
    } catch (thrown) {
      const error = toBrinkError(thrown);
      made.push({ tier, ms: clock.now() - startedAt, failure: error.code });
      if (error.code === 'lease-expired') throw error; // not this tier's failure: the release is to be looked at anew
      if (ofOneTier.has(error.code)) rejected ??= error;
      else if (error.code === 'deadline-exceeded') late ??= error;
      else if (error.status < 500) throw error;
      else failed = true;
      retryAfterMs = Math.max(retryAfterMs, error.retryAfterMs ?? 0);
    }
  }
  // No tier could take these inputs: they are at fault, not the tiers. What is only too large for one waits for the other.
  if (rejected !== undefined && !(failed && tooLarge.has(rejected.code))) throw rejected;
  if (late !== undefined && !failed) throw late; // a caller's own short `timeout`, say
  if (deadline.passed) throw deadline.exceeded(`these attempts were made: ${describe(made, plan)}`);
  throw new BrinkError('no-tier-available', `no tier could answer: ${describe(made, plan)}`, { retryAfterMs });
}

function describe(made: readonly Attempt[], plan: Plan): string {
  const tried = made.map(({ tier, failure }) => `${tier} (${failure ?? 'answered'})`);
  const skipped = plan.skipped.map(({ tier, reason }) => `${tier} not tried (${reason})`);
  return [...tried, ...skipped].join(', ') || 'none';
}
