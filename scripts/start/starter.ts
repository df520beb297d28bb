import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AdminClient } from '../client/admin-client.js';
import { localActor } from '../local/actor.js';
import { type Credentials, ensureCredentials } from '../local/credentials.js';
import { banner } from './banner.js';
import { ChildLog } from './child-log.js';
import { endLeftovers } from './leftovers.js';
import type { PasteFacts } from './paste-lines.js';
import { checkPorts, portWishes } from './ports.js';
import { systemProcesses } from './process-table.js';
import { publishFirst } from './publish-models.js';
import { RunKeeper } from './run-keeper.js';
import { type Place, spawnEdge, spawnLocalOrigin, urlOf } from './spawn-servers.js';
import { StartRefused } from './start-refused.js';
import { type SupervisedProcess, Supervisor } from './supervise.js';
import type { Surroundings } from './surroundings.js';
import { waitLive } from './wait-live.js';

/** The whole of `npm start`: resolves when it was told to end and everything has ended. Throws StartRefused. */
export async function runBrink(place: Place, around: Surroundings): Promise<void> {
  const { home, projectRoot } = place;
  const startedAtMs = performance.now();
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const ended = await endLeftovers({ home, projectRoot, processes: systemProcesses, wait: (ms) => sleep(ms) });
  if (ended > 0) around.say('leftovers-ended', `ended ${ended} processes that a killed start had left behind`);
  await checkPorts(portWishes(place));
  const keeper = RunKeeper.claim(home, systemProcesses, process.pid, urlOf(place.edgePort));
  const servers = new Servers(place, around, keeper);
  try {
    const secrets = secretsOf(place, around);
    await servers.start(secrets);
    const { adminToken: token } = secrets;
    const client = new AdminClient({ url: urlOf(place.edgePort), token, actor: localActor(), signal: around.signal });
    const paste = pasteFacts(place, around);
    const { tryLines, publishOthers } = await publishFirst(client, paste, around);
    const originUrl = place.withOrigin ? urlOf(place.originPort) : undefined;
    const seconds = (performance.now() - startedAtMs) / 1_000;
    const { edgeUrl } = paste;
    const { grpcPort, metricsPort } = place;
    around.say('up', banner({ paste, originUrl, grpcPort, metricsPort, seconds, tryLines }), {
      edgeUrl,
      originUrl,
      seconds,
    });
    await publishOthers();
    await aborted(around.signal);
  } catch (error) {
    if (!around.signal.aborted) throw error; // when leaving, everything fails somehow
  } finally {
    await servers.stop();
    keeper.release();
  }
}

/** The edge and the origin, each watched over, each with its log. */
class Servers {
  readonly #place: Place;
  readonly #around: Surroundings;
  readonly #keeper: RunKeeper;
  readonly #supervisors: Supervisor[] = [];
  readonly #logs: ChildLog[] = [];

  constructor(place: Place, around: Surroundings, keeper: RunKeeper) {
    this.#place = place;
    this.#around = around;
    this.#keeper = keeper;
  }

  /** Both at once; resolves when both are live. */
  async start(secrets: Credentials): Promise<void> {
    const { withOrigin } = this.#place;
    const edge = this.#supervised('edge', (log) => spawnEdge(this.#place, secrets, log));
    const both = withOrigin
      ? [edge, this.#supervised('origin', (log) => spawnLocalOrigin(this.#place, secrets, log))]
      : [edge];
    try {
      await Promise.all(both.map(async (supervisor) => waitLive(await supervisor.start(), this.#around.signal)));
    } catch (error) {
      if (this.#around.signal.aborted) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new StartRefused(`cannot start: ${why}\n(the logs are in ${join(this.#place.home, 'logs')})`, {
        cause: error,
      });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.stop()));
    for (const log of this.#logs) log.close();
  }

  #supervised(name: string, spawn: (onLine: (line: string) => void) => SupervisedProcess): Supervisor {
    const { say } = this.#around;
    const log = new ChildLog(`the ${name}`, join(this.#place.home, 'logs', `${name}.log`), say);
    const supervisor = new Supervisor({
      name: `the ${name}`,
      spawn: () => spawn(log.take),
      onSpawn: (pid) => this.#keeper.child(name, pid),
      say: (text) => say('server', text, { name }),
      now: () => performance.now(),
      wait: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => undefined),
    });
    this.#logs.push(log);
    this.#supervisors.push(supervisor);
    return supervisor;
  }
}

function secretsOf({ home, edgePort }: Place, { makeSecret }: Surroundings): Credentials {
  try {
    return ensureCredentials(home, urlOf(edgePort), makeSecret);
  } catch (error) {
    throw new StartRefused(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function pasteFacts({ home, projectRoot, edgePort, serverVars }: Place, { cwd }: Surroundings): PasteFacts {
  const withKey = serverVars.edge['INFERENCE_KEYS'] !== undefined;
  return { edgeUrl: urlOf(edgePort), cwd, home, projectRoot, withKey };
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
