/** Longest piece of a caller's text that an error repeats. */
const quotedLengthMax = 64;

/** A caller's text as an error may show it: cut short, in quotes, without what would upset a log or a terminal. */
export function quoted(text: string): string {
  const cut = text.length > quotedLengthMax ? `${text.slice(0, quotedLengthMax)}…` : text;
  return `"${cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029"\\\p{Surrogate}]/gu, '?')}"`;
}

/** The first names of a list, for "expected one of …". */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(quoted).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

/** What an untyped value is, in a word or two; numbers and short text as they stand. */
export function described(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (value instanceof Uint8Array) return 'bytes';
  switch (typeof value) {
    case 'undefined':
      return 'nothing';
    case 'string':
      return `the text ${quoted(value)}`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'bigint':
      return String(value).slice(0, quotedLengthMax);
    default:
      return 'an object';
  }
}

/** A shape as an error shows it, cut short: two of them and a name still make a message of one paragraph. */
export function shapeText(shape: readonly unknown[]): string {
  const axes = shape.slice(0, 16).map((axis) => (typeof axis === 'number' ? String(axis) : described(axis)));
  return `[${axes.join(', ')}${shape.length > 16 ? ', …' : ''}]`.slice(0, 100);
}
