/**
 * The elements of an array, as they stand in the text: parsing and printing them again would lose digits of 64-bit
 * integers. Undefined for JSON that is no array. The text must be JSON.
 */
export function splitJsonArray(text: string): string[] | undefined {
  const elements: string[] = [];
  let [depth, start, inString] = [0, 0, false];
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
      continue;
    }
    if (depth === 0) {
      if (/\s/.test(character)) continue;
      if (character !== '[') return undefined;
    }
    if (character === '"') inString = true;
    const closes = character === ']' || character === '}';
    if ((depth === 1 && character === ',') || (depth === 1 && closes)) {
      const element = text.slice(start, at).trim();
      if (element !== '') elements.push(element);
      start = at + 1;
    }
    if (character === '[' || character === '{') {
      depth += 1;
      if (depth === 1) start = at + 1;
    } else if (closes) depth -= 1;
  }
  return elements;
}
