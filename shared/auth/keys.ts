import { commaList } from '../collections/comma-list.js';

const nameAndToken = /^([A-Za-z0-9._-]{1,64})=([\x21-\x2b\x2d-\x7e]{16,512})$/;

interface Key {
  readonly name: string;
  readonly digest: Promise<Uint8Array>;
}

/**
 * A list of bearer keys, written `name=token,name=token`. Several are valid at once, so that one can be replaced
 * without an outage: add the new one, move the callers, take the old one away.
 */
export class Keys {
  readonly #keys: readonly Key[];

  private constructor(keys: readonly Key[]) {
    this.#keys = keys;
  }

  /** `source` names the setting in the error of a malformed list; no token is ever quoted. */
  static parse(source: string, text: string | undefined): Keys {
    return new Keys(
      commaList(text).map((entry, index) => {
        const [, name, token] = nameAndToken.exec(entry) ?? [];
        if (name === undefined || token === undefined) {
          throw new Error(
            `${source}: expected 'name=token' with a token of 16 to 512 characters, entry ${index + 1} is not`,
          );
        }
        return { name, digest: digestOf(token) };
      }),
    );
  }

  get isEmpty(): boolean {
    return this.#keys.length === 0;
  }

  /** The name of the key that `token` is, or undefined. Every key is compared, and in constant time. */
  async nameOf(token: string | undefined): Promise<string | undefined> {
    if (token === undefined || this.isEmpty) return undefined;
    const presented = await digestOf(token);
    let found: string | undefined;
    for (const key of this.#keys) {
      if (equalBytes(await key.digest, presented)) found = key.name;
    }
    return found;
  }
}

/** The bearer token of an `authorization` header; undefined when there is none, or one of another scheme. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header ?? '')?.[1];
}

/** Comparing digests leaks nothing about the token's length either. */
async function digestOf(token: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token)));
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index += 1) difference |= (a[index] ?? 0) ^ (b[index] ?? 0);
  return difference === 0;
}
