import { z } from 'zod';
import {
  type BlobRef,
  type Manifest,
  manifestSchema,
  sha256Schema,
  tierSchema,
} from '../../shared/manifest/manifest.js';
import { type Measurements, measurementsSchema } from '../../shared/measure/measurements.js';
import { nameSchema } from '../../shared/protocol/names.js';
import { releaseSchema, versionRefSchema } from '../../shared/release/release.js';
import type { VersionAges } from '../../shared/release/retention.js';
import { type Signature, type SignatureFile, signatureFileSchema } from '../../shared/signing/signature-file.js';
import { HttpClient, type HttpClientOptions } from './http-client.js';
import { RemoteError } from './remote-error.js';

const blobAnswerSchema = z.object({ sha256: sha256Schema, bytes: z.int() });
const addedSchema = z.object({
  model: nameSchema,
  version: nameSchema,
  digest: sha256Schema,
  added: z.boolean(),
  release: releaseSchema,
});
const versionRowSchema = versionRefSchema.extend({
  stable: z.boolean(),
  lastGood: z.boolean(),
  fenced: z.boolean(),
  tiers: z.array(tierSchema),
  handler: z.union([z.string(), z.object({ name: z.string(), version: z.int() }), z.null()]),
  /** How many inputs with known answers it has; a server may leave it out. */
  goldens: z.int().default(0),
  /** `main.probabilities: cosine 0.95`: outputs that are held to less than the default. */
  looser: z.array(z.string()).default([]),
  /** Names of the accepted keys that vouch for it; a server may leave it out. */
  signedBy: z.array(z.string()).default([]),
  bytes: z.int(),
  /** Its manifest cannot be read; publishing the same once more mends it. */
  damaged: z.boolean().default(false),
});
const versionsSchema = z.object({ release: releaseSchema, versions: z.array(versionRowSchema) });
/** `leaseMs`: how long an edge may go on with the release that it has; a server may leave it out. */
const promotedSchema = z.object({ release: releaseSchema, leaseMs: z.int().optional() });
const rollbackSchema = z.object({
  release: releaseSchema,
  withdrawn: versionRefSchema,
  fencedAt: z.number(),
  waitedMs: z.number(),
  reach: z.enum(['all', 'connected']),
});
const auditRowSchema = z.object({
  id: z.int(),
  at: z.number(),
  epoch: z.int(),
  action: z.string(),
  who: z.string(),
  why: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
});

const ageSchema = versionRefSchema.extend({
  publishedAt: z.number(),
  servedAt: z.number().nullable(),
  fencedAt: z.number().nullable(),
});
const agesSchema = z.object({
  release: releaseSchema,
  previous: versionRefSchema.nullable(),
  versions: z.array(ageSchema),
});
const collectSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('reading'), known: z.int(), of: z.int() }),
  z.object({
    state: z.literal('swept'),
    scanned: z.int(),
    objects: z.array(z.object({ key: z.string(), bytes: z.int() })),
    deleted: z.boolean(),
    cursor: z.string().nullable(),
  }),
]);

export type CollectAnswer = z.infer<typeof collectSchema>;
export interface CollectRequest {
  readonly delete: boolean;
  readonly cursor: string | null;
  /** As if these were retired; not where files are deleted. */
  readonly without?: readonly { readonly model: string; readonly version: string }[];
}
export type VersionRow = z.infer<typeof versionRowSchema>;
export type VersionsAnswer = z.infer<typeof versionsSchema>;
export type AddedAnswer = z.infer<typeof addedSchema>;
export type PromotedAnswer = z.infer<typeof promotedSchema>;
export type RollbackAnswer = z.infer<typeof rollbackSchema>;
export type AuditAnswerRow = z.infer<typeof auditRowSchema>;

export interface AddVersionBody {
  readonly version: string;
  readonly manifest: Manifest;
  readonly why: string;
  /** Of the manifest's digest. */
  readonly signatures?: readonly Signature[] | undefined;
}
export interface PromoteOptions {
  readonly why: string;
  readonly bakeMs?: number | undefined;
  readonly expectEpoch?: number | undefined;
  readonly liftFence?: boolean | undefined;
}
export interface RollbackOptions {
  readonly why: string;
  readonly to?: string | undefined;
  readonly expectEpoch?: number | undefined;
}

/** An upload may take long on a thin line: 100 MB at 5 Mbit/s. */
const uploadTimeoutMs = 180_000;
/** It may read some hundred manifests first. */
const collectTimeoutMs = 120_000;
/** Within the store. */
const joinedBytesPerMs = 10_000;

/** The admin API of an edge. Every call has a deadline and fails with RemoteError or UnreachableError. */
export class AdminClient {
  readonly http: HttpClient;

  constructor(options: HttpClientOptions) {
    this.http = new HttpClient(options);
  }

  hasBlob(sha256: string): Promise<boolean> {
    return this.#has(blobPath(sha256));
  }

  hasPart(sha256: string): Promise<boolean> {
    return this.#has(partPath(sha256));
  }

  putBlob(sha256: string, bytes: Uint8Array): Promise<void> {
    return this.#put(blobPath(sha256), bytes);
  }

  putPart(sha256: string, bytes: Uint8Array): Promise<void> {
    return this.#put(partPath(sha256), bytes);
  }

  /** Makes a blob of parts that are there, in this order. `incomplete-blob` where some are not. */
  async joinBlob(sha256: string, parts: readonly BlobRef[]): Promise<void> {
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const atLeastMs = uploadTimeoutMs + Math.ceil(bytes / joinedBytesPerMs);
    await this.http.json({ ...post(`${blobPath(sha256)}/join`, { parts }), atLeastMs }, blobAnswerSchema);
  }

  async #has(path: string): Promise<boolean> {
    const { status } = await this.http.call({ method: 'HEAD', path }, [404, 401, 403]);
    if (status === 200 || status === 404) return status === 200;
    // An answer to HEAD has no body to say why.
    throw new RemoteError(status, 'unauthenticated', 'the server does not take this admin token');
  }

  async #put(path: string, bytes: Uint8Array): Promise<void> {
    const headers = { 'content-type': 'application/octet-stream' };
    await this.http.json({ method: 'PUT', path, body: bytes, headers, atLeastMs: uploadTimeoutMs }, blobAnswerSchema);
  }

  addVersion(model: string, body: AddVersionBody): Promise<AddedAnswer> {
    return this.http.json(post(`${modelPath(model)}/versions`, body), addedSchema);
  }

  /** Stores what was measured of a version that is stored; measured before, it is replaced. */
  async putMeasurements(digest: string, measurements: Measurements): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    const path = `/admin/v1/measurements/${digest}`;
    const body = JSON.stringify(measurements);
    await this.http.json({ method: 'PUT', path, body, headers }, z.object({ digest: sha256Schema }));
  }

  /** Undefined: nothing was measured of this version. */
  async measurements(digest: string): Promise<Measurements | undefined> {
    const path = `/admin/v1/measurements/${digest}`;
    return this.http.json({ method: 'GET', path }, measurementsSchema).catch((error: unknown) => {
      if (error instanceof RemoteError && error.code === 'unknown-blob') return undefined;
      throw error;
    });
  }

  /** The manifest of a digest, as the server has it: whether it has that digest is the caller's to see. */
  manifest(digest: string): Promise<Manifest> {
    return this.http.json({ method: 'GET', path: `/admin/v1/manifests/${digest}` }, manifestSchema);
  }

  /** Adds to the signatures that there are; answers all of them. */
  putSignatures(file: SignatureFile): Promise<SignatureFile> {
    const call = post(`/admin/v1/signatures/${file.digest}`, file);
    return this.http.json({ ...call, method: 'PUT' }, signatureFileSchema);
  }

  async models(): Promise<z.infer<typeof releaseSchema>[]> {
    const schema = z.object({ models: z.array(releaseSchema) });
    return (await this.http.json({ method: 'GET', path: '/admin/v1/models' }, schema)).models;
  }

  versions(model: string): Promise<VersionsAnswer> {
    const path = `${modelPath(model)}/versions`;
    return naming(model, this.http.json({ method: 'GET', path }, versionsSchema));
  }

  promote(model: string, version: string, options: PromoteOptions): Promise<PromotedAnswer> {
    const call = post(`${modelPath(model)}/promote`, { version, ...options });
    return naming(model, this.http.json(call, promotedSchema));
  }

  /** Returns when the fence holds: about 2.3 s. */
  rollback(model: string, options: RollbackOptions): Promise<RollbackAnswer> {
    return naming(model, this.http.json(post(`${modelPath(model)}/rollback`, options), rollbackSchema));
  }

  /** When each version was published, served and withdrawn. */
  ages(model: string): Promise<VersionAges> {
    return naming(model, this.http.json({ method: 'GET', path: `${modelPath(model)}/ages` }, agesSchema));
  }

  /** Takes a version's name away. `version-in-use` for one that is served. */
  async retire(model: string, version: string, why: string): Promise<void> {
    const schema = z.object({ release: releaseSchema });
    await naming(model, this.http.json(post(`${modelPath(model)}/retire`, { version, why }), schema));
  }

  /** One page of what nobody needs: told, or deleted. */
  collect(request: CollectRequest): Promise<CollectAnswer> {
    return this.http.json({ ...post('/admin/v1/collect', request), atLeastMs: collectTimeoutMs }, collectSchema);
  }

  async audit(model: string, limit: number): Promise<AuditAnswerRow[]> {
    const path = `${modelPath(model)}/audit?limit=${limit}`;
    const schema = z.object({ rows: z.array(auditRowSchema) });
    return (await naming(model, this.http.json({ method: 'GET', path }, schema))).rows;
  }
}

/** The control plane of a model that was never published does not know its name. */
function naming<T>(model: string, answer: Promise<T>): Promise<T> {
  return answer.catch((error: unknown) => {
    if (!(error instanceof RemoteError) || error.code !== 'unknown-model') throw error;
    throw new RemoteError(error.status, error.code, `there is no model "${model}"`, { cause: error });
  });
}

const blobPath = (sha256: string): string => `/admin/v1/blobs/${sha256}`;
const partPath = (sha256: string): string => `/admin/v1/parts/${sha256}`;
const modelPath = (model: string): string => `/admin/v1/models/${encodeURIComponent(model)}`;

/** Members that are undefined are left out by JSON.stringify: absent is absent. */
const post = (path: string, body: unknown) => ({
  method: 'POST' as const,
  path,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});
