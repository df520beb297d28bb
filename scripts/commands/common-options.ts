import { type Command, InvalidArgumentError, Option } from 'commander';
import { nameSchema } from '../../shared/protocol/names.js';
import { exitCodesHelp } from './exit-codes.js';

/** What every command takes. */
export interface CommonFlags {
  readonly json?: boolean;
  readonly url?: string;
  readonly token?: string;
  readonly timeout?: number;
}

/** Adds what every command takes, and the part of the help that every command has. */
export function withCommon(command: Command, examples: readonly string[]): Command {
  return command
    .addOption(new Option('--json', 'print exactly one JSON document on standard output'))
    .addOption(new Option('--url <url>', 'the edge (default: BRINK_URL, else the local one of npm start)'))
    .addOption(new Option('--token <token>', 'the admin token (default: BRINK_TOKEN, else the local one)'))
    .addOption(new Option('--timeout <ms>', 'the deadline of each call (default: 30000)').argParser(milliseconds))
    .addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}\n${exitCodesHelp}`);
}

const timeoutMsMax = 3_600_000;

export const milliseconds = (text: string): number => wholeNumber(text, 1, timeoutMsMax);

/** A parser of whole numbers from `min` to `max`, for an option. */
export const wholeNumbers =
  (min: number, max: number) =>
  (text: string): number =>
    wholeNumber(text, min, max);

function wholeNumber(text: string, min: number, max: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}`);
}

/** A parser of names of models and versions. */
export function name(text: string): string {
  if (nameSchema.safeParse(text).success) return text;
  throw new InvalidArgumentError('expected 1 to 64 of A-Z a-z 0-9 . _ - starting with a letter or digit, without ".."');
}

/** A parser that collects a repeated option. */
export const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
];
