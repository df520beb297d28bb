import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';
import type { Schedule } from '../engine/schedule.js';
import { serviceName } from './proto/inference-service.js';

export const healthServiceName = 'grpc.health.v1.Health';

export interface HealthParts {
  readonly ready: () => Promise<boolean>;
  readonly schedule: Schedule;
  /** How often it is looked while somebody watches. */
  readonly everyMs: number;
}

type Watch = ServerWritableStream<unknown, unknown>;
type Handler = (call: Watch, callback?: unknown) => void;

/**
 * `grpc.health.v1.Health` of the server as a whole and of its service: asked anew at every `Check`, told to watchers
 * when it changes. Draining makes it NOT_SERVING at once and for good, and ends the watches, which would otherwise keep
 * their connections open.
 */
export class Health {
  readonly #parts: HealthParts;
  readonly #health = new HealthImplementation({ '': 'UNKNOWN', [serviceName]: 'UNKNOWN' });
  readonly #watches = new Set<Watch>();
  #status: ServingStatus = 'UNKNOWN';
  #draining = false;
  #cancelLook: (() => void) | undefined;

  constructor(parts: HealthParts) {
    this.#parts = parts;
  }

  addTo(server: Server): void {
    type Add = Parameters<HealthImplementation['addToServer']>[0]['addService'];
    const addService: Add = (service, implementation) => {
      server.addService(service, this.#looking(implementation as Record<string, Handler>));
    };
    this.#health.addToServer({ addService });
  }

  drain(): void {
    this.#draining = true;
    this.#cancelLook?.();
    this.#set('NOT_SERVING');
    for (const watch of this.#watches) watch.end();
  }

  /** The library's methods, each after a look; it knows nothing of ours. */
  #looking({ check, watch, list }: Record<string, Handler>): Record<string, Handler> {
    const afterLook =
      (handler: Handler | undefined): Handler =>
      (call, callback) =>
        void this.#look().then(() => handler?.(call, callback));
    return {
      check: afterLook(check),
      list: afterLook(list),
      watch: (call) =>
        void this.#look().then(() => {
          if (call.cancelled) return;
          this.#watches.add(call);
          call.once('cancelled', () => this.#watches.delete(call));
          watch?.(call);
          if (this.#draining) call.end();
          else this.#lookLater();
        }),
    };
  }

  #lookLater(): void {
    if (this.#cancelLook !== undefined || this.#watches.size === 0 || this.#draining) return;
    this.#cancelLook = this.#parts.schedule(() => {
      void this.#look().then(() => {
        this.#cancelLook = undefined;
        this.#lookLater();
      });
    }, this.#parts.everyMs);
  }

  /** Never rejects: who cannot say that it is ready is not. */
  async #look(): Promise<void> {
    const ready = await this.#parts.ready().catch(() => false);
    this.#set(ready && !this.#draining ? 'SERVING' : 'NOT_SERVING');
  }

  #set(status: ServingStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    for (const service of ['', serviceName]) this.#health.setStatus(service, status);
  }
}
