/** Where things are in R2. Blobs and manifests never change under their key; a release does. */
export const blobKey = (sha256: string): string => `blobs/sha256/${sha256}`;
export const measurementsKey = (digest: string): string => `measurements/${digest}/publish.json`;
export const signaturesKey = (digest: string): string => `signatures/sha256/${digest}.json`;
export const manifestKey = (digest: string): string => `manifests/sha256/${digest}.json`;
export const releasePrefix = 'releases/';
export const releaseKey = (model: string): string => `${releasePrefix}${model}.json`;
