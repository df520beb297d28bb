import pc from 'picocolors';
import type { AdminClient } from '../client/admin-client.js';
import type { CommonFlags } from './common-options.js';
import { connect } from './connection.js';
import { explainRefusal } from './explain-refusal.js';
import type { Terminal } from './terminal.js';

/** What a command found out: as JSON text for programs, and drawn for people. */
export interface Answer {
  readonly json: string;
  readonly text: () => string;
  /** What was found is that it failed: shown all the same, and the exit status says so. */
  readonly failure?: string;
}

/** What a command works with. */
export interface Run {
  readonly client: AdminClient;
  readonly terminal: Terminal;
  readonly colors: ReturnType<typeof pc.createColors>;
  /** A remark for whoever looks on; never on standard output. */
  readonly note: (text: string) => void;
}

/** Runs the work of a command and prints its answer: with --json the document and nothing else. */
export async function runCommand(
  flags: CommonFlags,
  terminal: Terminal,
  work: (run: Run) => Promise<Answer>,
): Promise<void> {
  const { client, token } = connect(flags, terminal);
  const colors = pc.createColors(terminal.colors);
  const note = (text: string): void => terminal.stderr(`${text}\n`);
  const answer = await work({ client, terminal, colors, note }).catch((error: unknown) => {
    throw explainRefusal(error, token);
  });
  const text = flags.json === true ? answer.json : answer.text();
  terminal.stdout(text.endsWith('\n') ? text : `${text}\n`);
  if (answer.failure !== undefined) throw new ShownFailure(answer.failure);
}

/** The command did its work and has shown what came of it, and that is a failure. */
export class ShownFailure extends Error {
  override readonly name = 'ShownFailure';
}
