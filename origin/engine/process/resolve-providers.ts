import { BrinkError } from '../../../shared/errors/brink-error.js';
import { cpuOnly, type Provider } from '../../runner/session-options.js';
import type { ModelSettings } from '../../settings/model-settings.js';
import type { ProviderReport } from './detect-providers.js';

export interface ResolvedProviders {
  /** Never empty. */
  readonly providers: readonly Provider[];
  /** What is not as the settings have it, for the version's state and the log; undefined when all is. */
  readonly note: string | undefined;
}

/** onnxruntime-node reads nothing else of these, and says nothing about what it does not read. */
const deviceIdOnly: readonly string[] = ['cuda', 'tensorrt'];

/**
 * The providers to make sessions with. Of those that are asked for and not usable here the first is told: by
 * `provider-missing`, or in the note when the settings let the CPU (or a provider further down the list) stand in.
 */
export function resolveProviders(
  wanted: ModelSettings['providers'],
  ifProviderMissing: ModelSettings['ifProviderMissing'],
  report: readonly ProviderReport[],
): ResolvedProviders {
  const usable = (name: string): boolean => report.some((entry) => entry.name === name && entry.usable);
  const all = wanted.map((provider) => (typeof provider === 'string' ? { name: provider, options: {} } : provider));
  const missing = all.filter(({ name }) => !usable(name)).map(({ name }) => name);
  const [first] = missing;
  if (first !== undefined && (ifProviderMissing === 'fail' || !usable('cpu'))) {
    throw new BrinkError('provider-missing', `expected the execution provider ${first}, this origin cannot use it`);
  }
  const there = all.filter(({ name }) => usable(name));
  const providers = there.length === 0 ? cpuOnly : there;
  const notes = [
    ...(first === undefined
      ? []
      : [`${missing.join(', ')} cannot be used here: runs on ${providers[0]?.name ?? 'cpu'}`]),
    ...there.flatMap(ignoredOptions),
  ];
  return { providers, note: notes.length === 0 ? undefined : notes.join('; ') };
}

function ignoredOptions({ name, options }: Provider): string[] {
  const ignored = deviceIdOnly.includes(name) ? Object.keys(options).filter((key) => key !== 'deviceId') : [];
  return ignored.length === 0 ? [] : [`onnxruntime-node does not pass ${ignored.join(', ')} on to ${name}`];
}

/** Where an instance is placed: the devices in turn; none without devices. */
export function deviceFor(instanceIndex: number, deviceIds: readonly number[]): number | undefined {
  return deviceIds.length === 0 ? undefined : deviceIds[instanceIndex % deviceIds.length];
}
