import { CommanderError } from 'commander';
import { type ExitCode, exitCodes, reportOf } from './exit-codes.js';
import { makeProgram } from './program.js';
import { ShownFailure } from './run-command.js';
import { printable, type Terminal } from './terminal.js';

/** One call of `brink`: the arguments after its name → the exit status. Never throws. */
export async function runCli(args: readonly string[], terminal: Terminal, version: string): Promise<ExitCode> {
  try {
    await makeProgram(terminal, version).parseAsync([...args], { from: 'user' });
    // A command that has something to show when it is interrupted has shown it.
    return terminal.signal.aborted ? exitCodes.interrupted : exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return afterParsing(error, args, terminal);
    if (terminal.signal.aborted) {
      fail(args, terminal, 'interrupted', 'interrupted');
      return exitCodes.interrupted;
    }
    if (error instanceof ShownFailure) {
      terminal.stderr(`brink: ${printable(error.message)}\n`);
      return exitCodes.failed;
    }
    const { exit, code, message } = reportOf(error);
    fail(args, terminal, code, message);
    return exit;
  }
}

/** Help and --version end by an exception too; a wrong command line has been told to standard error already. */
function afterParsing(
  { exitCode, code, message }: CommanderError,
  args: readonly string[],
  { stdout }: Terminal,
): ExitCode {
  if (exitCode === 0) return exitCodes.done;
  const text = code === 'commander.help' ? 'expected a command' : message.replace(/^error: /, '');
  if (wantsJson(args)) stdout(`${JSON.stringify({ error: text, code: 'usage' })}\n`);
  return exitCodes.usage;
}

function fail(args: readonly string[], { stdout, stderr }: Terminal, code: string, message: string): void {
  stderr(`brink: ${printable(message)}\n`);
  if (wantsJson(args)) stdout(`${JSON.stringify({ error: message, code })}\n`);
}

const wantsJson = (args: readonly string[]): boolean => args.includes('--json');
