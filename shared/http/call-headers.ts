import { BrinkError } from '../errors/brink-error.js';
import { sha256Schema } from '../manifest/manifest.js';
import { headers, type TierName } from '../protocol/headers.js';
import type { Limits } from '../protocol/limits.js';
import { nameSchema } from '../protocol/names.js';
import type { VersionRef } from '../release/release.js';
import { priorityMax } from '../serve/run-call.js';

type HeaderReader = (name: string) => string | undefined;

/** `x-brink-timeout-ms`: the time that the caller gives, relative. */
export function timeoutMs(header: HeaderReader, limits: Limits): number | undefined {
  const text = header(headers.timeoutMs);
  if (text === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (ms >= 1 && ms <= limits.timeoutMsMax) return ms;
  throw new BrinkError(
    'bad-header',
    `expected ${headers.timeoutMs} to be a whole number from 1 to ${limits.timeoutMsMax}`,
  );
}

/** `x-brink-serve-on`: an operator's wish for a tier. */
export function forcedTier(header: HeaderReader): TierName | undefined {
  const text = header(headers.serveOn);
  if (text === undefined || text === 'edge' || text === 'origin') return text;
  throw new BrinkError('bad-header', `expected ${headers.serveOn} to be 'edge' or 'origin'`);
}

/** `x-brink-priority`: 1 is the highest, 0 the default. */
export function priority(header: HeaderReader): number {
  const text = header(headers.priority);
  if (text === undefined) return 0;
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value <= priorityMax) return value;
  throw new BrinkError('bad-header', `expected ${headers.priority} to be a whole number from 0 to ${priorityMax}`);
}

/** `x-brink-no-fallback`: present and not `false` or `0` means that degraded answers are refused. */
export function refusesFallback(header: HeaderReader): boolean {
  const text = header(headers.noFallback)?.toLowerCase();
  return text !== undefined && text !== 'false' && text !== '0';
}

/** `x-brink-pin: <version>@<digest>`. */
export function pinnedRef(header: HeaderReader): VersionRef | undefined {
  const text = header(headers.pin);
  if (text === undefined) return undefined;
  const [version = '', digest = '', ...more] = text.split('@');
  const isPin = more.length === 0 && nameSchema.safeParse(version).success && sha256Schema.safeParse(digest).success;
  if (isPin) return { version, digest };
  throw new BrinkError('bad-header', `expected ${headers.pin} to be '<version>@<sha-256 of its manifest>'`);
}

/** `x-brink-epoch` as a hop sends it on: the newest epoch that it has seen. */
export function seenEpoch(header: HeaderReader): number {
  const text = header(headers.epoch);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : 0;
}

/** The media type without its parameters, in lower case; '' when there is none. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
