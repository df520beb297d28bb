import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The house rules that a machine can check (STYLE.md). */
function listed(...options: string[]): string[] {
  const output = execFileSync('git', ['ls-files', ...options], { encoding: 'utf8' });
  return output.split('\n').filter((file) => file !== '' && !isGone(file));
}
const files = listed('--cached', '--others', '--exclude-standard');
const sources = files.filter((file) => /\.(ts|mjs|js)$/.test(file) && !file.endsWith('.d.ts'));
const parts = ['edge', 'origin', 'shared', 'models', 'scripts', 'test'] as const;

function isGone(file: string): boolean {
  try {
    readFileSync(file);
    return false;
  } catch {
    return true;
  }
}

interface Import {
  readonly from: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /^(?:import|export)\s+(type\s)?(?:[\s\S]*?\sfrom\s+)?'([^']+)'/gm;
  return [...text.matchAll(pattern)].map(([, type, target = '']) => ({
    from: file,
    target,
    typeOnly: type !== undefined,
  }));
}

function resolved({ from, target }: Import): string | undefined {
  return target.startsWith('.') ? normalize(join(dirname(from), target)).replace(/\.js$/, '.ts') : undefined;
}

const partOf = (file: string): string => file.split('/')[0] ?? '';
const imports = sources.flatMap(importsOf);

const allowed: Record<string, readonly string[]> = {
  shared: ['shared'],
  edge: ['edge', 'shared', 'models/registry.ts'],
  origin: ['origin', 'shared', 'models/registry.ts'],
  models: ['models', 'shared'],
  scripts: parts,
  test: parts,
};

describe('the tree', () => {
  it('has imports that point inward only: edge → shared ← origin, models → shared', () => {
    const wrong = imports.filter((one) => {
      const target = resolved(one);
      const rules = allowed[partOf(one.from)];
      if (target === undefined || rules === undefined) return false;
      return !rules.some((rule) => target === rule || partOf(target) === rule);
    });
    expect(wrong.map(({ from, target }) => `${from} → ${target}`)).toEqual([]);
  });

  it('keeps platforms out of shared/ and models/: no node:*, no cloudflare:*, no onnxruntime', () => {
    const wrong = imports.filter(
      ({ from, target }) => /^(shared|models)\//.test(from) && /^(node:|cloudflare:|onnxruntime)/.test(target),
    );
    expect(wrong.map(({ from, target }) => `${from} → ${target}`)).toEqual([]);
  });

  it('has no circle of imports at run time', () => {
    const graph = new Map<string, string[]>();
    for (const one of imports) {
      const target = resolved(one);
      if (target === undefined || one.typeOnly) continue;
      graph.set(one.from, [...(graph.get(one.from) ?? []), target]);
    }
    expect([...graph.keys()].map((file) => circleFrom(file, graph)).filter((circle) => circle !== undefined)).toEqual(
      [],
    );
  });

  it('has no file of more than 300 lines', () => {
    const long = sources
      .map((file) => [file, readFileSync(file, 'utf8').split('\n').length] as const)
      .filter(([, lines]) => lines > 300);
    expect(long).toEqual([]);
  });

  it('has files named in kebab-case after what is in them, and no drawers', () => {
    const wrong = sources.filter((file) => {
      const name = file.split('/').at(-1) ?? '';
      return (
        !/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|config))?\.(ts|mjs|js)$/.test(name) ||
        /^(utils|helpers|misc|common)\./.test(name)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('reads the environment in one place per app, and looks at no clock or chance where they are arguments', () => {
    const uses = (pattern: RegExp, within: RegExp) =>
      sources.filter((file) => within.test(file) && pattern.test(readFileSync(file, 'utf8')));
    expect(uses(/process\.env/, /^(edge|shared|models)\//)).toEqual([]);
    expect(uses(/process\.env(?!\['ORT_DISABLE_TELEMETRY'\] =)/, /^origin\//)).toEqual(['origin/main.ts']);
    expect(uses(/Date\.now\(\)|Math\.random\(\)/, /^shared\//)).toEqual(['shared/time/clock.ts']);
  });

  it('registers every handler of models/ in the registry', () => {
    const registry = readFileSync('models/registry.ts', 'utf8');
    const handlers = files.filter((file) => /^models\/[^/]+\/handler[^/]*\.ts$/.test(file));
    expect(handlers.length).toBeGreaterThan(2);
    expect(
      handlers.filter((file) => !registry.includes(`./${file.slice('models/'.length).replace(/\.ts$/, '.js')}`)),
    ).toEqual([]);
  });

  it('commits no model, and nothing larger than 300 kB but the lock file', () => {
    const committed = listed('--cached'); // a model of one's own may lie about in models/
    expect(committed.filter((file) => /\.(onnx|ort|wasm|safetensors)$/.test(file))).toEqual([]);
    const large = committed.filter((file) => file !== 'package-lock.json' && readFileSync(file).length > 300_000);
    expect(large).toEqual([]);
  });
});

function circleFrom(start: string, graph: ReadonlyMap<string, readonly string[]>): string | undefined {
  const seen = new Set<string>();
  const walk = (file: string, path: readonly string[]): string | undefined => {
    for (const next of graph.get(file) ?? []) {
      if (next === start) return [...path, next].join(' → ');
      if (seen.has(next)) continue;
      seen.add(next);
      const found = walk(next, [...path, next]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return walk(start, [start]);
}
