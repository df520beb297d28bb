import { afterComma, endOfString, endOfValue, skipBlank } from './json-exact.js';

type Places = ReadonlyMap<string | number, number>;

/** The members of a request on the way to its numbers. Others are passed over: a body may have a million of them. */
const fields: ReadonlySet<string> = new Set(['inputs', 'outputs', 'parameters', 'data']);

/**
 * Where the parts of a request stand in its text, which JSON.parse has accepted. Each object and array on the way is
 * walked once, however many of its members are asked for: to look for each from the beginning took a body of 18 MB with
 * 64 parameters a minute. A repeated key counts where it stands last, as it does for JSON.parse.
 */
export class JsonPlaces {
  readonly text: string;
  /** By where the object or array begins. */
  readonly #walked = new Map<number, Places>();

  constructor(text: string) {
    this.text = text;
  }

  /** Where the value at `path` begins (member names and array positions); undefined if there is none. */
  at(path: readonly (string | number)[]): number | undefined {
    let at: number | undefined = skipBlank(this.text, 0);
    for (const [index, step] of path.entries()) {
      if (at === undefined) return undefined;
      at = this.#places(at, path[index - 1] === 'parameters').get(step);
    }
    return at;
  }

  #places(at: number, isParameters: boolean): Places {
    let places = this.#walked.get(at);
    if (places === undefined) {
      places = this.text[at] === '{' ? membersOf(this.text, at, isParameters) : elementsOf(this.text, at);
      this.#walked.set(at, places);
    }
    return places;
  }
}

function membersOf(text: string, at: number, all: boolean): Places {
  const places = new Map<string, number>();
  let next = skipBlank(text, at + 1);
  while (text[next] === '"') {
    const end = endOfString(text, next);
    const key = keyOf(text.slice(next, end));
    const value = skipBlank(text, skipBlank(text, end) + 1); // past the colon
    if (all || fields.has(key)) places.set(key, value);
    next = afterComma(text, endOfValue(text, value));
  }
  return places;
}

const keyOf = (token: string): string => (token.includes('\\') ? (JSON.parse(token) as string) : token.slice(1, -1));

function elementsOf(text: string, at: number): Places {
  const places = new Map<number, number>();
  if (text[at] !== '[') return places;
  let next = skipBlank(text, at + 1);
  while (next < text.length && text[next] !== ']') {
    places.set(places.size, next);
    next = afterComma(text, endOfValue(text, next));
  }
  return places;
}
