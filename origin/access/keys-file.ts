import { readFile, stat } from 'node:fs/promises';
import { parse } from 'smol-toml';
import { z } from 'zod';
import { Keys } from '../../shared/auth/keys.js';
import type { KeyRings } from '../../shared/http/authentication.js';
import type { Log } from '../engine/log.js';
import type { Cancel, Schedule } from '../engine/schedule.js';

/** How often the file is looked at. */
export const keysLookEveryMs = 1_000;
/** A file beyond this is not one of keys. */
export const keysFileBytesMax = 1024 * 1024;

/** `[inference]` with a line `name = "token"` for each key, or the list of the variables: `inference = "name=token,…"`. */
const ringSchema = z.union([z.string(), z.record(z.string(), z.string())]).default('');
const fileSchema = z.strictObject({ inference: ringSchema, read: ringSchema, admin: ringSchema });

export interface KeysFileOptions {
  readonly path: string;
  /** Whether a file without an inference key is refused, because it would open the data plane to everybody. */
  readonly inferenceRequired: boolean;
  readonly schedule: Schedule;
  readonly log: Log;
}

/**
 * Keys in a file that may change while the origin runs: it is read again when its time, its size or itself is another,
 * and when somebody says so (`reload`). What cannot be used is logged, without a token, and the keys stay as they were.
 */
export class KeysFile {
  readonly #options: KeysFileOptions;
  #rings: KeyRings;
  #seen: string;
  #next: Cancel = () => undefined;
  #reading: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(options: KeysFileOptions, rings: KeyRings, seen: string) {
    this.#options = options;
    this.#rings = rings;
    this.#seen = seen;
    this.#lookLater();
  }

  /** Rejects, with what was expected, when the file cannot be used now: an origin does not start with keys it cannot read. */
  static async open(options: KeysFileOptions): Promise<KeysFile> {
    const seen = await stampOf(options.path);
    return new KeysFile(options, await readRings(options, undefined), seen);
  }

  /** The keys as they are now: another object after every change. */
  get rings(): KeyRings {
    return this.#rings;
  }

  /** Reads the file now, changed or not; the keys are in force when it resolves. Never rejects. */
  reload(): Promise<void> {
    // One after the other: what was read first must not come to hold last.
    this.#reading = this.#reading.then(() => this.#read());
    return this.#reading;
  }

  close(): void {
    this.#closed = true;
    this.#next();
  }

  #lookLater(): void {
    if (!this.#closed) this.#next = this.#options.schedule(() => void this.#look(), keysLookEveryMs);
  }

  async #look(): Promise<void> {
    const stamp = await stampOf(this.#options.path).catch(() => 'gone');
    if (stamp !== this.#seen) await this.reload();
    this.#lookLater();
  }

  async #read(): Promise<void> {
    const { path, log } = this.#options;
    // Of before it is read: a change while it is read is another stamp, and looked at again.
    this.#seen = await stampOf(path).catch(() => 'gone');
    try {
      this.#rings = await readRings(this.#options, this.#rings);
      log({ event: 'keys-reloaded', level: 'info' });
    } catch (error) {
      log({ event: 'keys-kept', level: 'error', cause: error instanceof Error ? error.message : 'unknown' });
    }
  }
}

/** What tells one state of the file from another; a file put in its place by a rename is another one. */
async function stampOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${mtimeMs} ${size} ${ino}`;
}

async function readRings(
  { path, inferenceRequired }: KeysFileOptions,
  before: KeyRings | undefined,
): Promise<KeyRings> {
  const { size } = await stat(path);
  if (size > keysFileBytesMax)
    throw new Error(`expected a file of keys of at most ${keysFileBytesMax} bytes, got ${size}`);
  const rings = parseRings(await readFile(path, 'utf8'));
  const isOpen = rings.inference.isEmpty;
  if (isOpen && (inferenceRequired || before?.inference.isEmpty === false)) {
    throw new Error("expected at least one key in 'inference': without any, the data plane would be open to everybody");
  }
  return rings;
}

/** Throws an Error that never holds a token: the parser's own text quotes the line. */
export function parseRings(text: string): KeyRings {
  const parsed = fileSchema.safeParse(tomlOf(text));
  if (!parsed.success) {
    const at = parsed.error.issues[0]?.path.join('.') ?? '';
    throw new Error(`expected tables or lists 'inference', 'read' and 'admin' of keys, got something else at '${at}'`);
  }
  const { inference, read, admin } = parsed.data;
  return {
    inference: ringOf('inference', inference),
    read: ringOf('read', read),
    admin: ringOf('admin', admin),
    artifacts: Keys.parse('artifacts', undefined),
  };
}

function ringOf(name: string, ring: z.output<typeof ringSchema>): Keys {
  if (typeof ring === 'string') return Keys.parse(name, ring);
  return Keys.parse(name, Object.entries(ring).map(([key, token]) => `${key}=${token}`).join(',')); // prettier-ignore
}

function tomlOf(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    const { line } = error as { line?: unknown };
    throw new Error(`expected a file of TOML, got something else${typeof line === 'number' ? ` in line ${line}` : ''}`);
  }
}
