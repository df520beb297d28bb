import { BrinkError } from '../errors/brink-error.js';
import type { KeyRings } from './key-rings.js';
import { type Access, type Operation, operations } from './operations.js';

/** What becomes of a request for an operation, before anything of it is looked at but its token. */
export type Verdict =
  | {
      readonly kind: 'allowed';
      /** The name of the key; undefined where none is needed or none was known. */
      readonly caller: string | undefined;
      readonly isOperator: boolean;
    }
  | { readonly kind: Refusal };

export type Refusal = 'unauthenticated' | 'read-only-key' | 'operators-only';

interface Holder {
  readonly ring: 'admin' | 'inference' | 'read';
  readonly allowed: Verdict;
}

const anybody: Verdict = { kind: 'allowed', caller: undefined, isOperator: false };
const refusals: Readonly<Record<Refusal, Verdict>> = {
  unauthenticated: { kind: 'unauthenticated' },
  'read-only-key': { kind: 'read-only-key' },
  'operators-only': { kind: 'operators-only' },
};

/** Whether who presents this bearer token may do this. The same for every channel: nothing here knows of HTTP or gRPC. */
export async function authorize(operation: Operation, token: string | undefined, rings: KeyRings): Promise<Verdict> {
  const access: Access = operations[operation];
  if (access === 'open') return anybody;
  const holder = token === undefined ? undefined : await holderOf(token, rings);
  if (access === 'admin') return operatorVerdict(holder);
  if (holder === undefined) return rings.inference.isEmpty ? anybody : refusals.unauthenticated;
  // An open data plane is open to those who have a key for less, too.
  if (access === 'infer' && holder.ring === 'read' && !rings.inference.isEmpty) return refusals['read-only-key'];
  return holder.allowed;
}

function operatorVerdict(holder: Holder | undefined): Verdict {
  if (holder === undefined) return refusals.unauthenticated;
  return holder.ring === 'admin' ? holder.allowed : refusals['operators-only'];
}

/** A refusal in words. */
export function refusalError(refusal: Refusal, operation: Operation): BrinkError {
  switch (refusal) {
    case 'unauthenticated': {
      const expected = operations[operation] === 'admin' ? 'an admin token' : 'an inference key';
      return new BrinkError('unauthenticated', `expected ${expected} in 'authorization: Bearer <token>'`);
    }
    case 'read-only-key':
      return new BrinkError(
        'read-only-key',
        `expected an inference key for '${operation}', got one that may only read`,
      );
    case 'operators-only':
      return new BrinkError('operators-only', `expected an admin token for '${operation}', got a key that is none`);
  }
}

/**
 * Tokens that were proven, by the rings they were proven against: hashing one anew on every request costs more than all
 * else that a request is looked at for. Only good tokens are kept, so there are never more than keys; other rings, after
 * a change of keys, begin with none.
 */
const proven = new WeakMap<KeyRings, Map<string, Holder>>();
const ringsByRank = ['admin', 'inference', 'read'] as const;

async function holderOf(token: string, rings: KeyRings): Promise<Holder | undefined> {
  let holders = proven.get(rings);
  if (holders === undefined) proven.set(rings, (holders = new Map<string, Holder>()));
  const known = holders.get(token);
  if (known !== undefined) return known;
  for (const ring of ringsByRank) {
    const caller = await rings[ring].nameOf(token);
    if (caller === undefined) continue;
    const holder: Holder = { ring, allowed: { kind: 'allowed', caller, isOperator: ring === 'admin' } };
    holders.set(token, holder);
    return holder;
  }
  return undefined;
}
