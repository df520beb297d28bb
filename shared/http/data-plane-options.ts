import type { HandlerRegistry } from '../handler/handler.js';
import type { Allocate } from '../protocol/allocate.js';
import type { Limits } from '../protocol/limits.js';
import type { Clock } from '../time/clock.js';
import type { AppContext } from './app-env.js';
import type { BodySource } from './body-source.js';
import type { DataTier } from './data-tier.js';

/** What the routes of the data plane need of the app that they stand in. */
export interface DataPlaneOptions<Bindings extends object> {
  readonly tierOf: (context: AppContext<Bindings>) => DataTier;
  /** The limits of requests; those to a model may be narrower. */
  readonly limitsOf: (context: AppContext<Bindings>, model?: string) => Limits;
  /** The caller's address, for the routing key of those who send none. */
  readonly clientOf: (context: AppContext<Bindings>) => string;
  /**
   * Aborts when the caller has gone. Only where that can be seen and used: a Worker is not told, and what it passes
   * between isolates takes no signal.
   */
  readonly signalOf?: (context: AppContext<Bindings>) => AbortSignal;
  /** The body of a request, where there is a quicker way to it than through `Request.body`. */
  readonly bodyOf?: (context: AppContext<Bindings>) => BodySource;
  /** Where an answer's body may be written to, instead of into an array of its own. */
  readonly answerMemoryOf?: (context: AppContext<Bindings>) => Allocate;
  /** What the client itself accepts, where a proxy that is ours to know rewrites `accept-encoding`. */
  readonly acceptEncodingOf?: (context: AppContext<Bindings>) => string | undefined;
  readonly clock: Clock;
  /** What this tier bundles; a version whose handler a tier lacks cannot be promoted there. */
  readonly handlers: HandlerRegistry;
}
