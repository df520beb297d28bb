import { z } from 'zod';
import { BrinkError } from '../errors/brink-error.js';
import { sha256Schema } from '../manifest/manifest.js';

/** Of one version: its publisher's, a reviewer's, and those of a rotation. */
export const signaturesMax = 16;
/** A full file has less than 3 KiB. */
export const signatureFileBytesMax = 16 * 1024;

/** 64 bytes in base64 have one spelling: the last character holds four bits, and the rest of it is zero. */
const signaturePattern = /^[A-Za-z0-9+/]{85}[AQgw]==$/;

export const keyIdSchema = z.string().regex(/^[0-9a-f]{16}$/, 'expected a key id of 16 lower-case hexadecimal digits');

export const signatureSchema = z.strictObject({
  /** Whose it is: the first 16 hexadecimal digits of the SHA-256 of the public key. A hint where to look, no proof. */
  key: keyIdSchema,
  signature: z.string().regex(signaturePattern, 'expected an Ed25519 signature: 64 bytes in base64'),
});
export type Signature = z.infer<typeof signatureSchema>;

/** At most one signature of a key. */
export const signatureListSchema = z
  .array(signatureSchema)
  .max(signaturesMax)
  .refine(
    (list) => new Set(list.map(({ key }) => key)).size === list.length,
    'expected one signature of a key, got two',
  );

/** What is stored beside a manifest: who vouches for its digest. */
export const signatureFileSchema = z.strictObject({
  schema: z.literal(1),
  digest: sha256Schema,
  signatures: signatureListSchema,
});
export type SignatureFile = z.infer<typeof signatureFileSchema>;

/** The signature file in `text`. Throws BrinkError `invalid-request`, which says what is off. */
export function parseSignatureFile(text: string): SignatureFile {
  const refuse = (got: string, cause?: unknown): BrinkError =>
    new BrinkError('invalid-request', `expected a signature file, got ${got}`, { cause });
  if (text.length > signatureFileBytesMax) {
    throw refuse(`${text.length} characters instead of at most ${signatureFileBytesMax}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse('text that is not JSON', error);
  }
  const parsed = signatureFileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(`one that is wrong at "${issue?.path.join('.').slice(0, 64) ?? ''}": ${issue?.message ?? ''}`);
}

/**
 * `added` beside what is there; of one key the newer one holds. Throws BrinkError `invalid-request` for more than a file
 * may have.
 */
export function mergeSignatures(there: readonly Signature[], added: readonly Signature[]): Signature[] {
  const byKey = new Map([...there, ...added].map((one) => [one.key, one]));
  if (byKey.size > signaturesMax) {
    throw new BrinkError(
      'invalid-request',
      `expected at most ${signaturesMax} signatures of a version, got ${byKey.size}`,
    );
  }
  return [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
}
