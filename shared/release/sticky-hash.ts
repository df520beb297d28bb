/**
 * Where a routing key falls in [0, 1) under a salt: the same on every edge and on the origin, independent between
 * salts. MurmurHash3 x86 32-bit (Austin Appleby, public domain) of the UTF-8 of `salt`, a zero byte, `key`.
 */
export function stickyFraction(salt: string, key: string): number {
  return murmur3(new TextEncoder().encode(`${salt}\0${key}`)) / 2 ** 32;
}

function murmur3(bytes: Uint8Array): number {
  const blocks = bytes.length >>> 2;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let hash = 0;
  for (let block = 0; block < blocks; block += 1) {
    hash ^= scramble(view.getUint32(block * 4, true));
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  let tail = 0;
  for (let index = bytes.length - 1; index >= blocks * 4; index -= 1) tail = (tail << 8) | (bytes[index] ?? 0);
  hash ^= scramble(tail);
  return avalanche(hash ^ bytes.length);
}

function scramble(word: number): number {
  const mixed = Math.imul(word, 0xcc9e2d51);
  return Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
}

function avalanche(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
