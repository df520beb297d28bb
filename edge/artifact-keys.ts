/** Where things are in R2. Blobs and manifests never change under their key; a release does. */
export const blobKey = (sha256: string): string => `blobs/sha256/${sha256}`;
/** Parts of a blob that is too large for one request: there until they are joined. */
export const partKey = (sha256: string): string => `parts/sha256/${sha256}`;
export const measurementsKey = (digest: string): string => `measurements/${digest}/publish.json`;
export const signaturesKey = (digest: string): string => `signatures/sha256/${digest}.json`;
export const manifestsPrefix = 'manifests/sha256/';
export const manifestKey = (digest: string): string => `${manifestsPrefix}${digest}.json`;
export const releasePrefix = 'releases/';
export const releaseKey = (model: string): string => `${releasePrefix}${model}.json`;
/** Deletions that are going on. */
export const collectionsPrefix = 'collections/';

/** Where what nobody needs is deleted, and whose digest the names there have. Releases are not among it. */
export const sweptPrefixes = [
  { prefix: 'blobs/sha256/', of: 'blob' },
  { prefix: 'measurements/', of: 'version' },
  { prefix: 'signatures/sha256/', of: 'version' },
  { prefix: manifestsPrefix, of: 'version' },
  { prefix: 'parts/sha256/', of: 'part' },
] as const;

/** The digest in the name of something stored; undefined for what is none of ours. */
export const digestOfKey = (key: string): string | undefined =>
  /^(?:blobs|parts|measurements|signatures|manifests)\/(?:sha256\/)?([0-9a-f]{64})(?:[./].*)?$/.exec(key)?.[1];
export const manifestDigestOf = (key: string): string | undefined =>
  key.startsWith(manifestsPrefix) ? digestOfKey(key) : undefined;
