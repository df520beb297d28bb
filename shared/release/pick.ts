import { BrinkError } from '../errors/brink-error.js';
import type { Standing } from './leases.js';
import type { VersionRef } from './release.js';

/**
 * The version that a request is to be answered by. An explicit version must exist and not be fenced; without one it is
 * the stable one, or `lastGood` when the control plane cannot be asked.
 */
export function pickVersion(model: string, standing: Standing, version: string | undefined): VersionRef {
  const { release } = standing;
  const picked = version === undefined ? defaultVersion(standing) : release.versions.find((v) => v.version === version);
  if (picked === undefined || picked === null) {
    if (version === undefined) throw new BrinkError('not-released', `no version of model '${model}' has been promoted`);
    throw new BrinkError('unknown-version', `model '${model}' has no version '${version}'`);
  }
  if (release.fenced.includes(picked.digest)) {
    throw new BrinkError('version-fenced', `version '${picked.version}' of model '${model}' has been withdrawn`);
  }
  if (standing.kind === 'static' && picked.digest !== release.lastGood?.digest) {
    const text = `version '${picked.version}' of model '${model}' cannot be served while the control plane is out of reach`;
    throw new BrinkError('control-unreachable', text, { retryAfterMs: 1_000 });
  }
  return picked;
}

function defaultVersion({ kind, release }: Standing): VersionRef | null {
  return kind === 'static' ? release.lastGood : release.stable;
}
