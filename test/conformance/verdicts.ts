import type { Operation } from '../../shared/auth/operations.js';

/** What comes of a request before anything of it is looked at but its token. */
export type VerdictKind = 'allowed' | 'unauthenticated' | 'read-only-key' | 'operators-only';

/** Who asks. */
export const tokenKinds = ['none', 'wrong', 'read', 'inference', 'admin'] as const;
export type TokenKind = (typeof tokenKinds)[number];

const everybody = row('allowed', 'allowed', 'allowed', 'allowed', 'allowed');
const readers = row('unauthenticated', 'unauthenticated', 'allowed', 'allowed', 'allowed');
const inferrers = row('unauthenticated', 'unauthenticated', 'read-only-key', 'allowed', 'allowed');
const operators = row('unauthenticated', 'unauthenticated', 'operators-only', 'operators-only', 'allowed');

/**
 * Who may do what where keys are configured, written out by hand: what the code's own table says is not asked. Every
 * channel (REST, gRPC, metrics) is held against it.
 */
export const verdicts: Readonly<Record<Operation, Readonly<Record<TokenKind, VerdictKind>>>> = {
  'server-live': everybody,
  'server-ready': everybody,
  openapi: everybody,
  'server-metadata': readers,
  handlers: readers,
  'model-metadata': readers,
  'model-ready': readers,
  'model-config': readers,
  'model-statistics': readers,
  'repository-index': readers,
  metrics: readers,
  infer: inferrers,
  predict: inferrers,
  'repository-load': operators,
  'repository-unload': operators,
};

function row(...[none, wrong, read, inference, admin]: VerdictKind[]): Readonly<Record<TokenKind, VerdictKind>> {
  if (
    none === undefined ||
    wrong === undefined ||
    read === undefined ||
    inference === undefined ||
    admin === undefined
  ) {
    throw new Error('a row has five verdicts');
  }
  return { none, wrong, read, inference, admin };
}

/** A way in: asks for an operation with a token, and says what became of it. */
export interface Channel {
  /** The operations that can be asked for through it. */
  readonly operations: readonly Operation[];
  /** Once for each way to ask for it: with and without a version, say. */
  ask(operation: Operation, token: string | undefined): Promise<readonly VerdictKind[]>;
}

/** The tokens that a stack under test is configured with; `wrong` is none of them, and long enough to be one. */
export const tokens: Readonly<Record<TokenKind, string | undefined>> = {
  none: undefined,
  wrong: 'verdicts-wrong-token-0123456789',
  read: 'verdicts-read-key-0123456789',
  inference: 'verdicts-inference-key-0123456789',
  admin: 'test-admin-token-0123456789',
};

/** Every operation of a channel with every kind of token: `[operation, kind, expected]`. */
export function verdictCases(operations: readonly Operation[]): [Operation, TokenKind, VerdictKind][] {
  return operations.flatMap((operation) =>
    tokenKinds.map((kind): [Operation, TokenKind, VerdictKind] => [operation, kind, verdicts[operation][kind]]),
  );
}

/** The verdict of an answer that failed with this code, or with none. */
export function verdictOfCode(code: string | undefined): VerdictKind {
  return code === 'unauthenticated' || code === 'read-only-key' || code === 'operators-only' ? code : 'allowed';
}
