import { LogFile } from './log-file.js';
import type { Say } from './say.js';

const errorsShownMax = 50;
const messageLengthMax = 500;

/** Keeps a server's lines in its log file, and shows those that tell of an error. */
export class ChildLog {
  readonly #file: LogFile;
  readonly #say: Say;
  readonly #name: string;
  readonly #path: string;
  #shown = 0;

  constructor(name: string, path: string, say: Say) {
    this.#name = name;
    this.#path = path;
    this.#say = say;
    this.#file = new LogFile(path);
  }

  readonly take = (line: string): void => {
    this.#file.write(line);
    const message = errorOf(line);
    if (message === undefined || this.#shown > errorsShownMax) return;
    this.#shown += 1;
    const last = this.#shown > errorsShownMax ? ` (further errors: ${this.#path})` : '';
    this.#say('server-error', `${this.#name}: ${message}${last}`);
  };

  close(): void {
    this.#file.close();
  }
}

/** The message of a JSON line with level error; undefined for any other line. */
function errorOf(line: string): string | undefined {
  if (!line.startsWith('{') || !line.includes('"error"')) return undefined;
  try {
    const fields = JSON.parse(line) as { level?: unknown; message?: unknown; event?: unknown };
    if (fields.level !== 'error') return undefined;
    const message = [fields.message, fields.event].find((text) => typeof text === 'string');
    return (message ?? line).slice(0, messageLengthMax);
  } catch {
    return undefined;
  }
}
