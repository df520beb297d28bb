import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChildLog } from '../../../scripts/start/child-log.js';
import { LogFile } from '../../../scripts/start/log-file.js';
import { folderOf, removeFolder } from '../model-folder.js';

describe("a server's log", () => {
  let home: string;
  beforeEach(async () => {
    home = await folderOf({});
  });
  afterEach(() => removeFolder(home));

  it('never takes more than twice its limit, and keeps the newest', () => {
    const log = new LogFile(join(home, 'logs/a.log'), 100);
    for (let line = 0; line < 50; line += 1) log.write(`line ${line}`);
    log.close();
    const files = readdirSync(join(home, 'logs'));
    expect(files.toSorted()).toEqual(['a.log', 'a.log.1']);
    for (const file of files) expect(statSync(join(home, 'logs', file)).size).toBeLessThanOrEqual(100);
    expect(readFileSync(join(home, 'logs/a.log'), 'utf8')).toMatch(/line 49\n$/);
  });

  it('shows the lines that tell of an error, a bounded number of them', () => {
    const said: string[] = [];
    const log = new ChildLog('the edge', join(home, 'edge.log'), (_, text) => said.push(text));
    log.take('{"level":"info","message":"fine"}');
    log.take('not json "error"');
    log.take('{"level":"error","message":"broken"}');
    expect(said).toEqual(['the edge: broken']);
    for (let line = 0; line < 200; line += 1) log.take('{"level":"error","message":"broken"}');
    log.close();
    expect(said.length).toBeLessThanOrEqual(51);
    expect(said.at(-1)).toContain('further errors');
  });
});
