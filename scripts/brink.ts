import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { runCli } from './commands/run-cli.js';
import { localActor } from './local/actor.js';
import { projectRoot } from './local/project-root.js';

/** The `brink` command. */
const { version } = JSON.parse(readFileSync(join(projectRoot(), 'package.json'), 'utf8')) as { version: string };
const leaving = new AbortController();
// Once: a second Ctrl-C ends the process at once, as usual.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => leaving.abort());
// `brink … | head` ends early: that is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCli(
  process.argv.slice(2),
  {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    stdin: async () => new Uint8Array(await buffer(process.stdin)),
    colors: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    interactive: process.stderr.isTTY,
    env: process.env,
    cwd: process.cwd(),
    actor: localActor(),
    signal: leaving.signal,
  },
  version,
);
