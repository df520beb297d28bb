/**
 * Reads numbers from the text of JSON, digit by digit, where a double would lose some. Works on text that JSON.parse
 * has accepted, so it need not check anything, and it never recurses.
 */

const delimiter = /[\s,\]}]/g;

/** Visits the number tokens of the (nested) array, or of the bare number, that begins at `at`, in order. */
export function visitNumbers(text: string, at: number, visit: (token: string, index: number) => void): void {
  let depth = 0;
  let index = 0;
  for (let next = at; next < text.length; next++) {
    const char = text[next] ?? '';
    if (char === '[') {
      depth++;
    } else if (char === ']') {
      if (--depth <= 0) return;
    } else if (char === '"') {
      next = endOfString(text, next) - 1;
    } else if (char === '-' || (char >= '0' && char <= '9')) {
      const end = endOfScalar(text, next);
      visit(text.slice(next, end), index++);
      if (depth === 0) return;
      next = end - 1;
    }
  }
}

/** Where the next member or element begins, after the value that ends at `at`. */
export function afterComma(text: string, at: number): number {
  const next = skipBlank(text, at);
  return text[next] === ',' ? skipBlank(text, next + 1) : next;
}

export function skipBlank(text: string, at: number): number {
  let next = at;
  while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++;
  return next;
}

/** Just past the string whose opening quote is at `at`. */
export function endOfString(text: string, at: number): number {
  let next = at + 1;
  while (next < text.length && text[next] !== '"') next += text[next] === '\\' ? 2 : 1;
  return next + 1;
}

function endOfScalar(text: string, at: number): number {
  delimiter.lastIndex = at;
  return delimiter.exec(text)?.index ?? text.length;
}

/** Just past the value that begins at `at`. */
export function endOfValue(text: string, at: number): number {
  let depth = 0;
  let next = at;
  do {
    const char = text[next];
    if (char === '[' || char === '{') depth++;
    else if (char === ']' || char === '}') depth--;
    else if (depth === 0 && char !== '"') return endOfScalar(text, next);
    next = char === '"' ? endOfString(text, next) : next + 1;
  } while (depth > 0 && next < text.length);
  return next;
}
