import { canonicalJson } from './canonical.js';
import type { Manifest } from './manifest.js';

/** SHA-256 of bytes, in lower-case hexadecimal. */
export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A version's identity: the SHA-256 of its manifest in canonical form. */
export async function manifestDigest(manifest: Manifest): Promise<string> {
  return sha256Hex(new TextEncoder().encode(canonicalJson(manifest)));
}
