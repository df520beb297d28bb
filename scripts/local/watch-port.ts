import { connect } from 'node:net';

export interface WatchPortOptions {
  readonly host: string;
  readonly port: number;
  readonly everyMs: number;
  /** One connection may fail for a reason of its own. */
  readonly missesMax: number;
  readonly signal: AbortSignal;
}

/** Resolves when nobody listens on a port any more; stays silent when the signal ends the watch. */
export function whenPortClosed({ host, port, everyMs, missesMax, signal }: WatchPortOptions): Promise<void> {
  return new Promise((resolve) => {
    let misses = 0;
    const look = async (): Promise<void> => {
      misses = (await accepts(host, port)) ? 0 : misses + 1;
      if (misses < missesMax) return;
      clearInterval(timer);
      resolve();
    };
    const timer = setInterval(() => void look(), everyMs);
    timer.unref();
    signal.addEventListener('abort', () => clearInterval(timer));
  });
}

/** A server that is only busy still accepts: the system does that for it. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const answer = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}
