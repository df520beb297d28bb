/** One line of Prometheus's text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposed {
  readonly samples: readonly Sample[];
  /** The type of each metric by name. */
  readonly types: ReadonlyMap<string, string>;
  /** The value of the one series with this name and these labels among its own. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  all(name: string): readonly Sample[];
}

const samplePattern = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (-?[\d.e+-]+|NaN|[+-]Inf)$/;
const labelPattern = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/gy;

/** Reads the text as strictly as a scraper: a line that it would refuse, or a series that stands twice, throws. */
export function parsePrometheus(text: string): Exposed {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const line of text.split('\n')) {
    if (line === '' || line === '# EOF' || line.startsWith('# HELP ')) continue;
    const [, typed, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (typed !== undefined && type !== undefined) {
      if (types.has(typed)) throw new Error(`two types of ${typed}`);
      types.set(typed, type);
      continue;
    }
    const [, name, labelText = '', value] = samplePattern.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no sample: ${line}`);
    const labels = parseLabels(labelText, line);
    const identity = JSON.stringify([name, Object.entries(labels).sort()]);
    if (seen.has(identity)) throw new Error(`twice: ${line}`);
    seen.add(identity);
    samples.push({ name, labels, value: value === '+Inf' ? Infinity : Number(value) });
  }
  const all = (name: string): Sample[] => samples.filter((sample) => sample.name === name);
  return {
    samples,
    types,
    all,
    value(name, labels = {}) {
      const found = all(name).filter((sample) =>
        Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
      );
      if (found.length > 1) throw new Error(`${found.length} series of ${name} ${JSON.stringify(labels)}`);
      return found[0]?.value;
    },
  };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const match of text.matchAll(labelPattern)) {
    const [whole, name = '', value = ''] = match;
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
    end = match.index + whole.length;
  }
  if (end !== text.length) throw new Error(`malformed labels: ${line}`);
  return labels;
}
