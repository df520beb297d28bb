import { releasePrefix } from '../../artifact-keys.js';

/** Names of all models that have ever had a version: each has its release written down in R2. */
export async function modelNames(bucket: R2Bucket): Promise<string[]> {
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: releasePrefix, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key } of page.objects) names.push(key.slice(releasePrefix.length, -'.json'.length));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return names.sort();
}
