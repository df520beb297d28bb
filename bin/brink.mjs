#!/usr/bin/env node
// The brink command: builds itself the first time, then runs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bundle = new URL('../dist/brink.js', import.meta.url);
if (!existsSync(bundle)) {
  const build = fileURLToPath(new URL('../scripts/build.mjs', import.meta.url));
  // What the build says goes to standard error: standard output is the command's own.
  const { status } = spawnSync(process.execPath, [build], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(1);
}
await import(bundle.href);
