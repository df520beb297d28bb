import type { Target } from '../../shared/engine/engine.js';
import { BrinkError } from '../../shared/errors/brink-error.js';
import type { Clock } from '../../shared/time/clock.js';
import { Deadline } from '../../shared/time/deadline.js';
import type { VersionFiles, VersionFilesStore } from '../artifacts/version-files.js';
import { gpuProviders } from '../runner/session-options.js';
import type { ModelSettings } from '../settings/model-settings.js';
import type { Log } from './log.js';
import type { StartPlan } from './pool/crew.js';
import type { ProviderReport } from './process/detect-providers.js';
import { deviceFor, type ResolvedProviders, resolveProviders } from './process/resolve-providers.js';
import type { RunnerOptions } from './process/runner-process.js';
import { passGoldens, readGoldens } from './process/pass-goldens.js';
import { startRunner } from './process/start-runner.js';
import type { Runner } from './runner.js';

export interface VersionStarterParts {
  readonly artifacts: Pick<VersionFilesStore, 'of' | 'forget'>;
  readonly runner: Omit<RunnerOptions, 'threads' | 'providers' | 'deviceId' | 'spinning'>;
  /** Which execution providers work here. */
  readonly providers: readonly ProviderReport[];
  /** From the first artifact to a version that can answer. */
  readonly loadMsMax: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Starts runners of versions: their files, the providers that their model is to run on, a process. */
export class VersionStarter {
  readonly #parts: VersionStarterParts;

  constructor(parts: VersionStarterParts) {
    this.#parts = parts;
  }

  files(target: Target, deadline: Deadline): Promise<VersionFiles> {
    return this.#parts.artifacts.of(target, deadline);
  }

  /** Throws `provider-missing`. */
  providersOf(settings: ModelSettings): ResolvedProviders {
    return resolveProviders(settings.providers, settings.ifProviderMissing, this.#parts.providers);
  }

  /** `cpu`, or `cuda:1` and the like. */
  deviceOf(settings: ModelSettings, index: number): string {
    const [first] = orNone(() => this.providersOf(settings).providers);
    if (first === undefined || !gpuProviders.includes(first.name)) return 'cpu';
    return `${first.name}:${String(first.options['deviceId'] ?? deviceFor(index, settings.deviceIds) ?? 0)}`;
  }

  /**
   * A runner that has answered the first golden of each of its graphs. Rejects with what stands in the way: of the
   * artifacts, the providers, the load, and `golden-failed`. RunnerDied when its process died.
   */
  async start(target: Target, settings: ModelSettings, plan: StartPlan, signal: AbortSignal): Promise<Runner> {
    const { artifacts, runner, loadMsMax, clock, log } = this.#parts;
    const { providers, note } = this.providersOf(settings);
    if (note !== undefined) log({ event: 'provider-note', digest: target.digest, model: target.manifest.model, note });
    const deadline = new Deadline(clock, loadMsMax);
    const { graphs, goldens: paths } = await artifacts.of(target, deadline);
    const deviceId = deviceFor(plan.index, settings.deviceIds);
    const { threads, spinning } = plan;
    const options = { ...runner, threads, providers, spinning, ...(deviceId === undefined ? {} : { deviceId }) };
    try {
      const goldens = await readGoldens(paths); // first: one that cannot be read costs no process
      const prove = (process: Runner): Promise<void> => passGoldens(process, target.manifest, goldens);
      return (await startRunner({ graphs, options, deadline, signal, log, prove })).process;
    } catch (error) {
      if (error instanceof BrinkError && error.code === 'golden-failed') {
        log({ event: 'golden-failed', digest: target.digest, model: target.manifest.model, error: error.message });
      }
      // The files may not be there any more, or not what they were; one that was called off says nothing of them, and
      // laying them out anew would take them from under another start.
      if (!signal.aborted) artifacts.forget(target);
      throw error;
    }
  }
}

function orNone<T>(work: () => readonly T[]): readonly T[] {
  try {
    return work();
  } catch {
    return [];
  }
}
