import type { Residency } from '../engine/engine.js';
import type { TierName } from '../protocol/headers.js';

export interface PlanInput {
  /** Where the version may run, the preferred tier first. */
  readonly tiers: readonly TierName[];
  /** An operator's `x-brink-serve-on`. */
  readonly forced: TierName | undefined;
  readonly edge: Residency;
  /** `absent`: none is configured. `open`: its breaker is open. */
  readonly origin: 'available' | 'open' | 'absent';
  readonly leftMs: number;
  /** Requests of this isolate that run or wait at the edge. */
  readonly edgeInFlight: number;
  /** Whether the inputs are larger than what was measured to fit at the edge. */
  readonly aboveMeasured: boolean;
  /** What each step is expected to take; undefined where nothing has been seen yet. */
  readonly expected: {
    readonly edgeLoadMs: number | undefined;
    readonly edgeRunMs: number | undefined;
    /** A slow run, where it is known apart from the usual one. */
    readonly edgeSlowRunMs: number | undefined;
    readonly originMs: number | undefined;
  };
}

export interface Skipped {
  readonly tier: TierName;
  readonly reason:
    'not-placed' | 'not-configured' | 'breaker-open' | 'load-failed' | 'too-slow' | 'above-measured' | 'not-forced';
}

export interface Plan {
  /** In order; each is tried only when the one before it failed. */
  readonly attempts: readonly TierName[];
  readonly skipped: readonly Skipped[];
  /** Load the version at the edge in the background, because a later request will want it there. */
  readonly prefetchEdge: boolean;
  /** The edge would come first, and is passed over for the origin: the version is not loaded there yet, or too many wait. */
  readonly edgePassedOver: 'loading' | 'queue-full' | undefined;
}

/** Assumed until something has been measured: a first session in an isolate takes 200 to 900 ms. */
const edgeLoadMsGuess = 600;
const originMsGuess = 150;
const queueMsWorthAHop = 200;

/**
 * Where to try, in which order. Pure. A wasm run can be neither interrupted nor overtaken, so what is expected to
 * outlive the deadline at the edge is not started there, as long as the origin can be asked instead.
 */
export function planAttempts(input: PlanInput): Plan {
  const skipped: Skipped[] = [];
  const candidates = orderedTiers(input);
  const attempts = candidates.filter((tier) => {
    const reason = tier === 'edge' ? whyNotEdge(input) : whyNotOrigin(input);
    if (reason !== undefined) skipped.push({ tier, reason });
    return reason === undefined;
  });
  for (const tier of ['edge', 'origin'] as const) {
    if (!input.tiers.includes(tier)) skipped.push({ tier, reason: 'not-placed' });
    else if (!candidates.includes(tier)) skipped.push({ tier, reason: 'not-forced' });
  }
  const passedOver = candidates[1] === 'edge' && input.tiers[0] === 'edge' && attempts[0] === 'origin';
  const edgePassedOver = passedOver ? (isCold(input) ? 'loading' : 'queue-full') : undefined;
  return { attempts, skipped, prefetchEdge: edgePassedOver === 'loading' && input.edge === 'absent', edgePassedOver };
}

function orderedTiers(input: PlanInput): readonly TierName[] {
  const { tiers, forced, origin, expected } = input;
  if (forced !== undefined) return tiers.filter((tier) => tier === forced);
  if (tiers[0] !== 'edge' || !tiers.includes('origin') || origin !== 'available') return tiers;
  const originMs = expected.originMs ?? originMsGuess;
  const waitMs = isCold(input) ? (expected.edgeLoadMs ?? edgeLoadMsGuess) : edgeQueueMs(input);
  return originMs < waitMs ? ['origin', 'edge'] : tiers;
}

function isCold({ edge }: PlanInput): boolean {
  return edge === 'absent' || edge === 'loading';
}

/** One run at a time in the wasm: what is under way has to end first. A short queue is not worth a hop. */
function edgeQueueMs({ edgeInFlight, expected }: PlanInput): number {
  const waitMs = edgeInFlight * (expected.edgeRunMs ?? 0);
  return waitMs < queueMsWorthAHop ? 0 : waitMs;
}

function whyNotEdge(input: PlanInput): Skipped['reason'] | undefined {
  const { edge, expected, leftMs, aboveMeasured } = input;
  if (!originCanHelp(input)) return undefined; // nobody else can: trying is the only way to learn that it works again
  if (edge === 'failed') return 'load-failed';
  if (aboveMeasured) return 'above-measured';
  const slowMs = expected.edgeSlowRunMs ?? expected.edgeRunMs;
  return slowMs !== undefined && slowMs > leftMs ? 'too-slow' : undefined;
}

/** Whether the origin may be asked in the edge's place. */
export function originCanHelp({ tiers, forced, origin }: Pick<PlanInput, 'tiers' | 'forced' | 'origin'>): boolean {
  return tiers.includes('origin') && origin === 'available' && forced !== 'edge';
}

function whyNotOrigin({ origin }: PlanInput): Skipped['reason'] | undefined {
  if (origin === 'absent') return 'not-configured';
  return origin === 'open' ? 'breaker-open' : undefined;
}
