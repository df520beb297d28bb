import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BrinkError } from '../../shared/errors/brink-error.js';
import { sha256Schema } from '../../shared/manifest/manifest.js';
import { parseSignatureFile, signatureFileBytesMax } from '../../shared/signing/signature-file.js';
import { SignatureGuard } from '../../shared/signing/signature-guard.js';
import type { SigningRule } from '../../shared/signing/signing-rule.js';
import type { Clock } from '../../shared/time/clock.js';
import type { Log } from '../engine/log.js';
import type { ArtifactSource } from './artifact-source.js';
import { keepText } from './keep-text.js';
import { SingleFlight } from './single-flight.js';

/** For one fetch, whoever waits for it. Fails closed: what is not known to be signed does not run. */
const fetchMsMax = 10_000;

export interface SignatureStoreOptions {
  readonly cacheDir: string;
  readonly source: ArtifactSource;
  readonly rule: SigningRule;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What lets versions through here, as the rule says. Signatures are kept on this disk beside the manifests, so that a
 * signed version starts without the edge; where those do not vouch for it, the edge is asked for newer ones.
 */
export function originSignatures({ cacheDir, source, rule, clock, log }: SignatureStoreOptions): SignatureGuard {
  const directory = join(cacheDir, 'signatures', 'sha256');
  const pathOf = (digest: string): string => join(directory, `${sha256Schema.parse(digest)}.json`);
  const fetches = new SingleFlight<string | undefined>();
  const fetched = (digest: string): Promise<string | undefined> =>
    fetches.run(digest, () => fetchSignatures(source, digest, pathOf(digest))).finally(() => fetches.forget(digest)); // shared while it is on its way only: more signatures may come
  return new SignatureGuard({
    rule,
    clock,
    warn: (digest, { reason, text }) => log({ event: 'signature-warning', digest, reason, text }),
    readers: [(digest) => keptText(pathOf(digest)), fetched],
    background: (work) => void work.catch(() => undefined),
  });
}

/** What cannot be read is as if it were not kept. One that is too large is none of ours. */
async function keptText(path: string): Promise<string | undefined> {
  try {
    const file = await open(path);
    try {
      const { size } = await file.stat();
      if (size <= signatureFileBytesMax) return await file.readFile('utf8');
    } finally {
      await file.close();
    }
    await rm(path, { force: true });
  } catch {
    // not kept
  }
  return undefined;
}

async function fetchSignatures(source: ArtifactSource, digest: string, path: string): Promise<string | undefined> {
  const text = await source.signatures(digest, AbortSignal.timeout(fetchMsMax)).catch((error: unknown) => {
    if (error instanceof BrinkError) throw error;
    throw new BrinkError('artifact-unavailable', 'the signatures of the version could not be fetched', {
      cause: error,
    });
  });
  if (text !== undefined && isSignatureFile(text)) await keepText(path, text);
  return text;
}

function isSignatureFile(text: string): boolean {
  try {
    parseSignatureFile(text);
    return true;
  } catch {
    return false;
  }
}
