import { z } from 'zod';
import { sha256Schema } from '../manifest/manifest.js';
import { nameSchema } from '../protocol/names.js';

/** A version by its name and by what it is. */
export const versionRefSchema = z.strictObject({ version: nameSchema, digest: sha256Schema });
export type VersionRef = z.infer<typeof versionRefSchema>;

/** How many versions of a model a release names, and how many digests it fences: bounded by retention. */
export const versionsMax = 256;

/**
 * The mutable pointer of a model. `epoch` only grows. `lastGood` is the last version whose bake has ended: the only one
 * that may be served when the control plane cannot be asked. (`candidate`, `weight`, `shadow` and `rules` come with the
 * staged rollout.)
 */
export const releaseSchema = z.strictObject({
  schema: z.literal(1),
  model: nameSchema,
  epoch: z.int().min(0),
  stable: versionRefSchema.nullable(),
  lastGood: versionRefSchema.nullable(),
  /** Digests that may not be served, whatever else names them. */
  fenced: z.array(sha256Schema).max(versionsMax),
  /** Every published version that explicit paths may name. */
  versions: z.array(versionRefSchema).max(versionsMax),
});
export type Release = z.infer<typeof releaseSchema>;

/** What the control plane answers to one who asks for a lease. */
export const leaseGrantSchema = z.strictObject({
  release: releaseSchema,
  leaseMs: z.int().min(1),
  reportEveryMs: z.int().min(1),
});
export type LeaseGrant = z.infer<typeof leaseGrantSchema>;

/** A grant and when it was asked for, on the asker's clock. The stamp stays with the copy wherever it is shared. */
export const leaseCopySchema = leaseGrantSchema.extend({ sentAt: z.number() });
export type LeaseCopy = z.infer<typeof leaseCopySchema>;

/** Assumed (docs/release.md): no machine's clock is further than this from true time. */
export const clockErrorMaxMs = 250;
export const leaseMsDefault = 2_000;
/** The fence waits this much longer than a lease: the bound on the step from the commit check to the hand-over. */
export const graceMs = 250;
export const bakeMsDefault = 60_000;

export interface AuditRow {
  readonly id: number;
  /** Milliseconds since the epoch, by the control plane's clock. */
  readonly at: number;
  readonly epoch: number;
  readonly action: 'publish' | 'promote' | 'rollback' | 'fence-held' | 'bake-ended' | 'lift-fence' | 'retire';
  readonly who: string;
  readonly why: string;
  readonly from: string | null;
  readonly to: string | null;
}
