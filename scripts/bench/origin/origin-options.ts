import { parseArgs } from 'node:util';
import { type BenchOptions, benchOptions, helpText } from '../bench-options.js';
import { servingModels, type ServingModelName } from './models/serving-model.js';
import { type ServingSetup, servingSetup } from './serving-setup.js';

export interface OriginBenchOptions extends BenchOptions {
  /** Load at twice the saturation rate, in place of everything else. */
  readonly overload: boolean;
  readonly models: readonly ServingModelName[];
  readonly setup: ServingSetup;
}

/** What `npm run bench:origin` takes. Throws, and says what is expected, for anything else. */
export function originBenchOptions(args: readonly string[]): OriginBenchOptions {
  const own = {
    overload: { type: 'boolean', default: false },
    models: { type: 'string', default: servingModels.join(',') },
    providers: { type: 'string', default: 'cpu' },
    instances: { type: 'string' },
    threads: { type: 'string' },
  } as const;
  const { values, tokens } = parseArgs({ args: [...args], options: own, strict: false, tokens: true });
  const isOwn = (name: string): boolean => Object.hasOwn(own, name);
  const others = new Set<number>();
  for (const token of tokens) {
    if (token.kind !== 'option' || !isOwn(token.name)) continue;
    others.add(token.index);
    if (token.value !== undefined && !token.inlineValue) others.add(token.index + 1);
  }
  const rest = benchOptions(args.filter((_, index) => !others.has(index)));
  const setup = servingSetup(
    listOf('--providers', values.providers, /^[a-z]{1,32}$/),
    countOf('--instances', values.instances),
    countOf('--threads', values.threads),
  );
  return { ...rest, overload: values.overload === true, models: modelsOf(values.models), setup };
}

export const originHelp = `${helpText('origin')}
  --overload        load at twice the saturation rate, in place of the comparison
  --models a,b      of ${servingModels.join(', ')} (default: all)
  --providers a,b   onnxruntime's execution providers, the preferred one first, for every contestant (default: cpu)
  --instances n     processes of each contestant (default: the cores; 1 on a GPU)
  --threads n       threads of each process (default: 1)
`;

type Value = string | boolean | undefined;

function countOf(name: string, value: Value): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'string' && /^[1-9]\d{0,2}$/.test(value)) return Number(value);
  throw new Error(`${name}: expected a whole number from 1 to 999, got "${quoted(value)}"`);
}

function listOf(name: string, value: Value, pattern: RegExp): string[] {
  const items = typeof value === 'string' ? value.split(',') : [''];
  if (items.every((item) => pattern.test(item))) return items;
  throw new Error(`${name}: expected names with commas between them, got "${quoted(value)}"`);
}

function modelsOf(value: Value): ServingModelName[] {
  const names = listOf('--models', value, /^[a-z-]{1,32}$/);
  return names.map((name) => {
    const model = servingModels.find((one) => one === name);
    if (model === undefined) throw new Error(`--models: expected some of ${servingModels.join(', ')}, got "${name}"`);
    return model;
  });
}

const quoted = (value: Value): string => String(value).slice(0, 32);
