/** Where a command runs: what it may read of the process, and where it writes. Given, so that tests can give theirs. */
export interface Terminal {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly stdin: () => Promise<Uint8Array>;
  /** A person looks at standard output: colours are welcome. */
  readonly colors: boolean;
  /** A person looks at standard error: a progress bar may redraw itself. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** `user@host`, for the audit. */
  readonly actor: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

// C0, DEL, C1: an audit reason or an answer from elsewhere must not steer the operator's terminal.
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Text from elsewhere without control characters other than tab and newline. */
export const printable = (text: string): string => text.replaceAll(controls, '\u{fffd}');
