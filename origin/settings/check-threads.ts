import { gpuProviders, type Provider } from '../runner/session-options.js';
import { type ModelSettings, type SettingsFile, settingsOf } from './model-settings.js';

/**
 * From where on a run counts as long: several threads then finish one sooner by more than they cost, while short runs
 * give more in all as single threads side by side.
 */
export const longRunMs = 50;

export interface ThreadPlan {
  /** Runner processes. */
  readonly instances: number;
  /** Within one operator of one instance. */
  readonly threads: number;
  /** Whether idle threads of a session may wait in a loop: only when no other instance needs the core. */
  readonly spinning: boolean;
}

export interface ThreadQuestion {
  readonly settings: ModelSettings;
  /** What is used in place of `settings.providers`, when some of them are not there. */
  readonly providers?: readonly Provider[];
  /** Cores that the runners may use. */
  readonly cores: number;
  /** One item on one thread, as measured; undefined: nobody has measured yet, it counts as short. */
  readonly runMs: number | undefined;
}

/**
 * How many instances with how many threads. Each `auto` follows from the other where that is fixed: as many instances
 * as the cores hold, as many threads as the instances leave. On a GPU: an instance per device, a thread each.
 */
export function resolveThreads({ settings, providers, cores, runMs }: ThreadQuestion): ThreadPlan {
  const { instances, threads, deviceIds } = settings;
  const long = runMs !== undefined && runMs >= longRunMs;
  const plan = (instances: number, threads: number): ThreadPlan => {
    return { instances, threads, spinning: instances === 1 && threads > 1 };
  };
  if (onGpu(providers ?? settings.providers)) {
    return plan(instances === 'auto' ? Math.max(1, deviceIds.length) : instances, threads === 'auto' ? 1 : threads);
  }
  const share = (of: number): number => Math.max(1, Math.floor(cores / of));
  if (instances !== 'auto') return plan(instances, threads !== 'auto' ? threads : long ? share(instances) : 1);
  if (threads !== 'auto') return plan(share(threads), threads);
  return long ? plan(1, Math.max(1, cores)) : plan(Math.max(1, cores), 1);
}

function onGpu(providers: readonly (Provider | string | { readonly name: string })[]): boolean {
  const [first] = providers;
  return first !== undefined && gpuProviders.includes(typeof first === 'string' ? first : first.name);
}

/**
 * Throws an Error when a model's own numbers ask for more threads than there are cores: they would take turns, and
 * every run would be slower than one after the other. `auto` counts as 1 here.
 */
export function checkThreads(file: SettingsFile, cores: number): void {
  check('defaults', settingsOf({ ...file, models: {} }, ''), cores);
  for (const model of Object.keys(file.models)) check(`models.${model}`, settingsOf(file, model), cores);
}

function check(key: string, { instances, threads }: Pick<ModelSettings, 'instances' | 'threads'>, cores: number): void {
  const [i, t] = [instances === 'auto' ? 1 : instances, threads === 'auto' ? 1 : threads];
  if (i * t <= cores) return;
  throw new Error(`${key}: expected threads × instances of at most ${cores} (cores), got ${t} × ${i} = ${i * t}`);
}
