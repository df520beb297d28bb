import type { ChildProcess } from 'node:child_process';
import type { Log } from '../log.js';

const textLengthMax = 500;
/** Of what a runner prints in its life; it should print nothing. */
const textsMax = 100;

/** What a runner prints, to the log, in bounds. */
export function forwardOutput({ pid, stdout, stderr }: ChildProcess, log: Log): void {
  for (const [stream, name] of [
    [stdout, 'stdout'],
    [stderr, 'stderr'],
  ] as const) {
    let texts = 0;
    stream?.setEncoding('utf8').on('data', (text: string) => {
      if (texts++ < textsMax) {
        log({ event: 'runner-output', pid, stream: name, text: text.slice(0, textLengthMax) });
      }
    });
  }
}
