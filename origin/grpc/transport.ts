import { constants, type Http2Server, type ServerHttp2Session, type ServerOptions as Http2Options } from 'node:http2';
import { Server, type ServerOptions } from '@grpc/grpc-js';
import type { Clock } from '../../shared/time/clock.js';
import type { GrpcLimits } from './grpc-limits.js';
import { ResetBudget } from './reset-budget.js';

/** What grpc-js keeps to itself and we must reach: it has no options for windows, metadata and connections. */
interface Internals {
  readonly commonServerOptions?: Http2Options;
  readonly http2Servers?: ReadonlyMap<Http2Server, unknown>;
}

const internalsOf = (server: Server): Internals => server as unknown as Internals;

/** A server of grpc-js with every limit set that it knows, and those of HTTP/2 below it. */
export function limitedServer(limits: GrpcLimits, more: ServerOptions & { readonly messageBytesMax: number }): Server {
  const { messageBytesMax, ...options } = more;
  const server = new Server({
    ...options,
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_send_message_length': limits.answerBytesMax,
    'grpc.max_concurrent_streams': limits.streamsPerConnectionMax,
    'grpc-node.max_session_memory': limits.connectionMemoryMb,
    'grpc.keepalive_time_ms': limits.keepaliveMs,
    'grpc.keepalive_timeout_ms': limits.keepaliveTimeoutMs,
    'grpc.enable_channelz': 0,
  });
  const http2 = internalsOf(server).commonServerOptions;
  if (http2 === undefined) throw new Error('this version of grpc-js keeps its HTTP/2 options elsewhere');
  http2.settings = {
    ...http2.settings,
    initialWindowSize: limits.callWindowBytes,
    maxHeaderListSize: limits.metadataBytesMax,
  };
  return server;
}

/**
 * The connections of a server that listens: none over the limit, each with its window, all destroyed on demand, and one
 * that resets calls without end destroyed at once. nghttp2 stops reading from such a one, a little later, but Node 20
 * then neither closes nor reports it.
 */
export class Connections {
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #limits: GrpcLimits;
  readonly #clock: Clock;

  constructor(server: Server, limits: GrpcLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
    const servers = internalsOf(server).http2Servers;
    if (servers === undefined) throw new Error('this version of grpc-js keeps its HTTP/2 servers elsewhere');
    for (const http2Server of servers.keys()) {
      http2Server.maxConnections = limits.connectionsMax;
      http2Server.on('session', (session) => this.#add(session));
    }
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** grpc-js's own `forceShutdown` knows only the sessions that its channelz counts, which is off. */
  destroy(): void {
    for (const session of this.#sessions) session.destroy();
  }

  #add(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.once('close', () => this.#sessions.delete(session));
    session.setLocalWindowSize(this.#limits.connectionWindowBytes);
    const budget = new ResetBudget(this.#limits, this.#clock);
    let isCut = false;
    session.on('stream', (stream) => {
      stream.once('close', () => {
        if (isCut || stream.rstCode === constants.NGHTTP2_NO_ERROR || budget.take()) return;
        isCut = true;
        // Not now: this may be called while nghttp2 reads, and Node 20 then aborts the whole process when it goes on with
        // what it has read of a session that is destroyed (nodejs/node#38964).
        setImmediate(() => session.destroy());
      });
    });
  }
}
