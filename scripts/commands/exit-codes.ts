import { RemoteError, UnreachableError } from '../client/remote-error.js';
import { PublishError } from '../publish/publish-error.js';
import { UsageError } from './usage-error.js';

/** What the exit status of `brink` means: a contract, for scripts. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  notAuthorised: 5,
  unreachable: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodesHelp = `
Exit codes:
  0    done
  1    failed on the server's side (or in a way nobody expected)
  2    the command line, or what was given to it, is wrong
  3    there is no such model or version
  4    conflict: the change was refused as things stand
  5    not authorised: wrong or missing token
  6    cannot reach the server, or no answer in time
  130  interrupted (Ctrl-C)`;

/** A failure as the CLI tells it. */
export interface Report {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
}

export function reportOf(error: unknown): Report {
  if (error instanceof RemoteError) {
    return { exit: exitOfStatus(error.status), code: error.code, message: error.message };
  }
  if (error instanceof UnreachableError) {
    return { exit: exitCodes.unreachable, code: error.code, message: error.message };
  }
  if (error instanceof UsageError || error instanceof PublishError) {
    return { exit: exitCodes.usage, code: error.code, message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { exit: exitCodes.failed, code: 'internal', message: `this is a fault in brink: ${message}` };
}

function exitOfStatus(status: number): ExitCode {
  if (status === 401 || status === 403) return exitCodes.notAuthorised;
  if (status === 404) return exitCodes.notFound;
  if (status === 409) return exitCodes.conflict;
  return status >= 400 && status < 500 && status !== 429 && status !== 408 ? exitCodes.usage : exitCodes.failed;
}
