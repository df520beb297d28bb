import { randomBytes } from 'node:crypto';
import { projectRoot } from './local/project-root.js';
import { stateFolder } from './local/state-folder.js';
import { systemLineage } from './start/lineage.js';
import { sayJson, sayText } from './start/say.js';
import { parseStartOptions, startHelp } from './start/start-options.js';
import { runBrink } from './start/starter.js';
import { StartRefused } from './start/start-refused.js';
import { watchStarter } from './start/watch-starter.js';

/** `npm start`, once scripts/start.mjs has built it: the edge, the origin and the models of models/ on this machine. */
async function main(): Promise<number> {
  const options = parseStartOptions(process.argv.slice(2), process.env);
  if (options.help) {
    process.stdout.write(`${startHelp}\n`);
    return 0;
  }
  const leaving = new AbortController();
  // A terminal that was closed, or a pipe that nobody reads any more, is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => leaving.abort());
  // Only npm's end is ours: a shell that started this in the background may go.
  const byNpm = process.env['npm_lifecycle_event'] !== undefined;
  if (byNpm) watchStarter(systemLineage, 'scripts/start.mjs', () => leaving.abort());
  const root = projectRoot();
  const write = (text: string): boolean => process.stdout.write(text);
  const say = options.jsonLogs ? sayJson(write) : sayText(write);
  leaving.signal.addEventListener('abort', () => say('stopping', '\nending …'));
  await runBrink(
    { ...options, projectRoot: root, home: stateFolder(process.env, root) },
    {
      say,
      draw: (text) => (options.jsonLogs ? undefined : process.stderr.write(text)),
      interactive: process.stderr.isTTY && !options.jsonLogs,
      signal: leaving.signal,
      makeSecret: () => randomBytes(32).toString('base64url'),
      cwd: process.cwd(),
    },
  );
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const told =
    error instanceof StartRefused || !(error instanceof Error) ? String(error) : (error.stack ?? error.message);
  process.stderr.write(`${told.replace(/^StartRefused: /, '')}\n`);
  process.exitCode = error instanceof StartRefused ? error.exit : 1;
}
