import { parseArgs } from 'node:util';

export interface BenchOptions {
  /** One object on standard output, and nothing else. */
  readonly json: boolean;
  /** Fewer samples, the same rows: under two minutes. */
  readonly quick: boolean;
  /** For tests: so many samples of everything, whatever that is worth. */
  readonly samples: number | undefined;
  readonly help: boolean;
}

/** What every benchmark takes. Throws, and says what is expected, for anything else. */
export function benchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      samples: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return { json: values.json, quick: values.quick, samples: samplesOf(values.samples), help: values.help };
}

function samplesOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new Error(`--samples: expected a whole number from 1 to 999999, got "${text.slice(0, 32)}"`);
}

export const helpText = (bench: string): string =>
  `npm run bench:${bench} -- [--quick] [--json]

  --quick  fewer samples: under two minutes
  --json   one object on standard output (npm run --silent keeps npm's own lines away from it)
`;
