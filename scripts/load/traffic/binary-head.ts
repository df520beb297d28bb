/**
 * How many bytes of JSON a request of the binary tensor extension begins with; 0 when it begins with none, and so is
 * the bytes of the only input. It is told by the text: braces in strings do not count.
 */
export function binaryHeadLength(bytes: Uint8Array): number {
  const end = objectEnd(bytes);
  if (end === 0) return 0;
  try {
    const head = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as object;
    return 'inputs' in head ? end : 0;
  } catch {
    return 0;
  }
}

const code = (character: string): number => character.charCodeAt(0);
const [open, close, quote, escape] = [code('{'), code('}'), code('"'), code('\\')];

/** Where the JSON object ends that the bytes begin with; 0 when they begin with none. */
function objectEnd(bytes: Uint8Array): number {
  if (bytes[0] !== open) return 0;
  let depth = 0;
  let inText = false;
  for (let at = 0; at < bytes.byteLength; at += 1) {
    const byte = bytes[at];
    if (inText) {
      if (byte === escape) at += 1;
      else if (byte === quote) inText = false;
    } else if (byte === quote) inText = true;
    else if (byte === open) depth += 1;
    else if (byte === close) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return 0;
}
