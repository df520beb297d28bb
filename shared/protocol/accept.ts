/** How much a caller wants each media type (RFC 9110, section 12.5.1). */
export interface Accepted {
  /** 0 to 1; 0 is refusal. The most specific range that covers the type decides. */
  quality(type: string): number;
  /** Whether the type itself is named, not only covered by a wildcard. */
  names(type: string): boolean;
}

/** Reads an Accept header; absent or empty accepts everything. Parameters other than `q` are not looked at. */
export function parseAccept(header: string | undefined): Accepted {
  const qualities = new Map<string, number>();
  for (const range of (header ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    if (type !== '') qualities.set(type, Math.max(qualities.get(type) ?? 0, qualityOf(parameters)));
  }
  if (qualities.size === 0) qualities.set('*/*', 1);
  return {
    quality(type) {
      const family = `${type.slice(0, type.indexOf('/'))}/*`;
      return qualities.get(type) ?? qualities.get(family) ?? qualities.get('*/*') ?? 0;
    },
    names: (type) => (qualities.get(type) ?? 0) > 0,
  };
}

function qualityOf(parameters: readonly string[]): number {
  const text = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  if (text === undefined) return 1;
  const quality = Number(text);
  return quality >= 0 && quality <= 1 ? quality : 0;
}
