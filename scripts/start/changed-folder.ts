import { relative } from 'node:path';
import type { Release } from '../../shared/release/release.js';
import { prepareVersion } from '../publish/prepare-version.js';
import { brinkLine, type PasteFacts, quoted } from './paste-lines.js';

const namesShownMax = 3;

/**
 * What to tell of a folder whose model is served: undefined when what it holds is published, under whatever name. Only
 * its digest is made, and nothing is sent. Throws PublishError when it could not be published as it is.
 */
export async function changedFolder(
  folder: string,
  { versions }: Release,
  paste: PasteFacts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { digest } = await prepareVersion(folder, { signal });
  if (versions.some((ref) => ref.digest === digest)) return undefined;
  const names = versions.slice(-namesShownMax).map(({ version }) => version);
  const published = `${versions.length > names.length ? '…, ' : ''}${names.join(', ')}`;
  const path = quoted(relative(paste.cwd, folder));
  return `${path} differs from what is published (${published}): ${brinkLine(paste, `publish ${path}`)}`;
}
