import { trimOldest } from '../collections/trim-oldest.js';
import { BrinkError } from '../errors/brink-error.js';
import type { Clock } from '../time/clock.js';
import { parseSignatureFile, type SignatureFile } from './signature-file.js';
import type { SigningRule } from './signing-rule.js';
import { type SignatureVerdict, verifySignatures } from './verify-signatures.js';

/** A signature that is added makes a version servable this soon, without a deployment. */
export const refusedForMs = 3_000;
const verdictsMax = 1_024;

export interface SignatureGuardOptions {
  readonly rule: SigningRule;
  /**
   * Where signature files are, the nearest first: each gives the text of a digest's file, or undefined where it has
   * none. The first file that verifies decides. A rejection of one is that of the check.
   */
  readonly readers: readonly ((digest: string) => Promise<string | undefined>)[];
  readonly clock: Clock;
  /** Under `warn`: told once for each digest. */
  readonly warn: (digest: string, refusal: Extract<SignatureVerdict, { ok: false }>) => void;
  /** Keeps work alive that nobody waits for. */
  readonly background: (work: Promise<unknown>) => void;
}

interface Held {
  readonly verdict: SignatureVerdict;
  readonly until: number;
}

/** Lets versions through as the rule says. Verdicts are kept: what is valid until it expires, a refusal for seconds. */
export class SignatureGuard {
  readonly #options: SignatureGuardOptions;
  readonly #held = new Map<string, Held>();
  readonly #warned = new Map<string, true>();

  constructor(options: SignatureGuardOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the version may run. Under `off` nothing is read; under `warn` nobody waits and nothing fails. Rejects
   * with BrinkError: `signature-refused`, or `artifact-unavailable` where signatures cannot be read.
   */
  async check(digest: string): Promise<void> {
    const { rule, background } = this.#options;
    if (rule.policy === 'off') return;
    const held = this.#current(digest);
    if (rule.policy === 'warn') {
      if (held === undefined) background(this.#warn(digest));
      return;
    }
    const verdict = held ?? (await this.look(digest));
    if (!verdict.ok) throw refused(verdict.text);
  }

  /** The verdict of now, whatever was known. Rejects with `artifact-unavailable` where signatures cannot be read. */
  async look(digest: string): Promise<SignatureVerdict> {
    const verdict = await this.#read(digest);
    const now = this.#options.clock.now();
    const until = verdict.ok ? (verdict.validUntil ?? Infinity) : now + refusedForMs;
    this.#held.delete(digest); // the newest goes last
    this.#held.set(digest, { verdict, until });
    trimOldest(this.#held, verdictsMax);
    return verdict;
  }

  /** Why a version does not run here, where that is known without asking anybody. */
  refusal(digest: string): BrinkError | undefined {
    const held = this.#held.get(digest);
    if (this.#options.rule.policy !== 'require' || held === undefined) return undefined;
    if (!held.verdict.ok) return refused(held.verdict.text);
    return this.#options.clock.now() < held.until ? undefined : refused('the key that it was signed with has expired');
  }

  #current(digest: string): SignatureVerdict | undefined {
    const held = this.#held.get(digest);
    return held !== undefined && this.#options.clock.now() < held.until ? held.verdict : undefined;
  }

  async #read(digest: string): Promise<SignatureVerdict> {
    const { readers, rule, clock } = this.#options;
    let verdict: SignatureVerdict | undefined;
    for (const read of readers) {
      const text = await read(digest).catch((error: unknown) => {
        if (error instanceof BrinkError) throw error;
        throw new BrinkError('artifact-unavailable', 'the signatures of the version could not be read', { cause: error }); // prettier-ignore
      });
      if (text === undefined && verdict !== undefined) continue;
      verdict = await verdictOf(digest, text, rule, clock.now());
      if (verdict.ok) return verdict;
    }
    return verdict ?? verifySignatures(digest, undefined, rule.keys, clock.now());
  }

  async #warn(digest: string): Promise<void> {
    const verdict = await this.look(digest);
    if (verdict.ok || this.#warned.has(digest)) return;
    this.#warned.set(digest, true);
    trimOldest(this.#warned, verdictsMax);
    this.#options.warn(digest, verdict);
  }
}

/** What a stored text says of a digest; one that is no signature file vouches for nothing. */
export async function verdictOf(
  digest: string,
  text: string | undefined,
  { keys }: SigningRule,
  now: number,
): Promise<SignatureVerdict> {
  let file: SignatureFile | undefined;
  try {
    file = text === undefined ? undefined : parseSignatureFile(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ok: false, reason: 'bad-signature', text: `${why}; sign it again with brink sign` };
  }
  return verifySignatures(digest, file, keys, now);
}

function refused(text: string): BrinkError {
  return new BrinkError('signature-refused', `the version may not run here: ${text}`, { retryAfterMs: refusedForMs });
}
