import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const shownLengthMax = 80;
const typeWords: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
};

/** What zod found, for the person who wrote the file: key, what was expected, what came. */
export function describeIssue(issue: Issue, settings: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => keyOf([...issue.path, key])).join(', ');
    return `${keys}: expected a setting that there is, got one that there is not`;
  }
  return `${keyOf(issue.path)}: expected ${expected(issue)}, got ${shown(valueAt(settings, issue.path))}`;
}

function expected(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? 'a table';
    case 'too_big':
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    case 'too_small':
      return `at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' or ');
    case 'invalid_union': {
      const ways = issue.errors.map((issues) => issues.map((one) => within(one, issue)).join(' and '));
      return ways.join(', or ');
    }
    case 'invalid_format':
      return issue.format === 'regex' ? `text of the form ${issue.pattern ?? ''}` : issue.format;
    case 'invalid_key':
      return issue.issues.map(expected).join(' and ');
    default:
      return issue.message.replace(/^expected /, '');
  }
}

/** An alternative may fail below the value that the union is about. */
function within(inner: Issue, { path }: Issue): string {
  const below = inner.path.slice(path.length > 0 && inner.path[0] === path[0] ? path.length : 0);
  return inner.code === 'unrecognized_keys'
    ? `a table without ${inner.keys.join(', ')}`
    : `${expected(inner)}${below.length > 0 ? ` for ${keyOf(below)}` : ''}`;
}

function unitOf(origin: string): string {
  if (origin === 'array') return ' entries';
  return origin === 'string' ? ' characters' : '';
}

/** As TOML would write it: `models.ocr.warmUp[0].x`. */
function keyOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((key, part) => {
    if (typeof part === 'number') return `${key}[${part}]`;
    return key === '' ? String(part) : `${key}.${String(part)}`;
  }, '');
}

function valueAt(settings: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined;
  }, settings);
}

function shown(value: unknown): string {
  const text = typeof value === 'number' || value === undefined ? String(value) : JSON.stringify(value);
  return text.length <= shownLengthMax ? text : `${text.slice(0, shownLengthMax)}...`;
}
