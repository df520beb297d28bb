/**
 * What a signature is over: the digest of the manifest, behind words that no other protocol signs, so that a signature
 * made for something else is none here. As good as signing the manifest itself: the digest is the SHA-256 of its one
 * canonical spelling, so another manifest with it would be a collision, and every file that the manifest names is bound
 * to it by its own SHA-256. And it can be made and checked without the manifest's bytes at hand.
 */
export function signedBytes(digest: string): Uint8Array {
  return new TextEncoder().encode(`brink-manifest-v1\n${digest}\n`);
}
