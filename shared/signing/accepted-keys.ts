import { commaList } from '../collections/comma-list.js';
import { sha256Hex } from '../manifest/digest.js';
import { fromBase64 } from './base64.js';

/** Keys of a list: a rotation needs two, an organisation some. */
const acceptedKeysMax = 64;
/** 32 bytes in base64 have one spelling: the last character before the padding holds four bits. */
const entryPattern = /^([A-Za-z0-9._-]{1,64})=([A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=)(?:@(.{1,32}))?$/;
const datePattern = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?Z)?$/;
const msPerDay = 24 * 60 * 60 * 1_000;

/** A public key whose signatures count. */
export interface AcceptedKey {
  readonly name: string;
  /** 32 bytes, as RFC 8032 writes an Ed25519 public key. */
  readonly publicKey: Uint8Array<ArrayBuffer>;
  /** From when on its signatures count no more; undefined: never. */
  readonly expiresAt: number | undefined;
}

/**
 * A list of keys, written `name=<base64 of the 32 bytes>[@<expiry>]` with commas between. An expiry is a date, whose
 * whole day (UTC) still counts, or a time in UTC. Throws an Error that names the setting and the entry.
 */
export function parseAcceptedKeys(source: string, text: string | undefined): readonly AcceptedKey[] {
  const entries = commaList(text);
  if (entries.length > acceptedKeysMax) {
    throw new Error(`${source}: expected at most ${acceptedKeysMax} keys, got ${entries.length}`);
  }
  const keys = entries.map((entry, index) => parseEntry(source, index + 1, entry));
  const names = new Set<string>();
  for (const { name } of keys) {
    if (names.has(name)) throw new Error(`${source}: expected each name once, got '${name}' twice`);
    names.add(name);
  }
  return keys;
}

function parseEntry(source: string, number: number, entry: string): AcceptedKey {
  const [, name, publicKey, expiry] = entryPattern.exec(entry) ?? [];
  if (name === undefined || publicKey === undefined) {
    throw new Error(
      `${source}: expected 'name=<public key>' or 'name=<public key>@<date>', the key being 32 bytes in base64 as 'brink keys show' prints it, entry ${number} is '${entry.slice(0, 96)}'`,
    );
  }
  return { name, publicKey: fromBase64(publicKey), expiresAt: expiry === undefined ? undefined : parseExpiry(source, name, expiry) }; // prettier-ignore
}

function parseExpiry(source: string, name: string, text: string): number {
  const at = datePattern.test(text) ? Date.parse(text) : Number.NaN;
  // JavaScript takes February 31 for March 3.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text.slice(0, 10)) {
    throw new Error(`${source}: expected '${name}' to expire at a date (2027-01-31) or a time in UTC (2027-01-31T12:00Z), got '${text}'`); // prettier-ignore
  }
  return text.includes('T') ? at : at + msPerDay;
}

/** The id of a public key: the first 16 hexadecimal digits of its SHA-256. */
export async function keyIdOf(publicKey: Uint8Array): Promise<string> {
  return (await sha256Hex(publicKey)).slice(0, 16);
}
