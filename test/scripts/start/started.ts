import { type ChildProcess, spawn } from 'node:child_process';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createInterface } from 'node:readline';

export interface StartEvent {
  readonly event: string;
  readonly message: string;
  readonly model?: string;
  readonly curl?: string;
}

export interface StartedOptions {
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A start in a process of its own, with --json-logs: what it says is kept and can be waited for. */
export class Started {
  readonly events: StartEvent[] = [];
  readonly exited: Promise<number | null>;
  stderr = '';
  readonly #child: ChildProcess;
  readonly #waiting = new Set<() => void>();

  constructor({ command: [program, ...args], cwd, env }: StartedOptions) {
    this.#child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      this.events.push(JSON.parse(line) as StartEvent);
      for (const look of this.#waiting) look();
    });
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => this.#child.once('close', resolve));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** The first event that fits, now or later; rejects when the start ends without. */
  async when(fits: (event: StartEvent) => boolean): Promise<StartEvent> {
    const found = new Promise<StartEvent>((resolve) => {
      const look = (): void => {
        const event = this.events.find(fits);
        if (event !== undefined) resolve(event);
      };
      this.#waiting.add(look);
      look();
    });
    const ended = this.exited.then(() => Promise.reject(new Error(`ended: ${this.stderr}`)));
    ended.catch(() => undefined);
    return Promise.race([found, ended]);
  }
}

/** A port for the edge, and one for the origin with two more free after it: gRPC and metrics. */
export async function freePorts(): Promise<number[]> {
  for (;;) {
    const edge = await listen(0);
    const origin = await listen(0);
    const first = portOf(origin);
    const more = await Promise.allSettled([listen(first + 1), listen(first + 2)]);
    const open = more.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const ports = [portOf(edge), first];
    await Promise.all([edge, origin, ...open].map((server) => new Promise((resolve) => server.close(resolve))));
    if (open.length === more.length) return ports;
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
