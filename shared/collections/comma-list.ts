/** The entries of a setting that is a list: `a, b` → `['a', 'b']`; empty ones are left out. */
export function commaList(text: string | undefined): string[] {
  const entries = (text ?? '').split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}
