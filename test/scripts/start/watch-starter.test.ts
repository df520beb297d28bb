import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemLineage } from '../../../scripts/start/lineage.js';
import { watchStarter } from '../../../scripts/start/watch-starter.js';

/** npm is 100 until it ends; with a shell between, that is 200. */
class FakeLineage {
  npm: number | undefined = 100;
  shell: number | undefined;
  readonly gone = vi.fn();

  parent = (): number => this.shell ?? this.npm ?? 1;
  parentOf = (pid: number): number | undefined => (pid === 200 ? this.npm : undefined);
  commandOf = (pid: number): string => (pid === 200 ? 'sh -c node start.mjs' : 'npm start');
}

describe('watching the process that started this one', () => {
  let lineage: FakeLineage;
  beforeEach(() => {
    vi.useFakeTimers();
    lineage = new FakeLineage();
  });
  afterEach(() => void vi.useRealTimers());
  const watch = (): void => watchStarter(lineage, 'start.mjs', lineage.gone);
  const wait = () => vi.advanceTimersByTime(10_000);

  it('says once that npm is gone, when another has become the parent', () => {
    watch();
    wait();
    expect(lineage.gone).not.toHaveBeenCalled();
    lineage.npm = 1;
    wait();
    expect(lineage.gone).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['npm', { npm: 1, shell: 200 }],
    ['the shell', { npm: 100, shell: 1 }],
  ])('says so too when there is a shell between and %s is gone', (_, end) => {
    lineage.shell = 200;
    watch();
    wait();
    expect(lineage.gone).not.toHaveBeenCalled();
    Object.assign(lineage, end);
    wait();
    expect(lineage.gone).toHaveBeenCalledTimes(1);
  });

  it('does not take what it cannot be told for an end', () => {
    lineage.shell = 200;
    watch();
    lineage.npm = undefined;
    wait();
    expect(lineage.gone).not.toHaveBeenCalled();
  });

  it('takes process 1 for a starter like any other: in a container npm may be that', () => {
    lineage.npm = 1;
    watch();
    wait();
    expect(lineage.gone).not.toHaveBeenCalled();
  });
});

describe('the lineage of this process', () => {
  it('begins with its parent, and answers nothing for a process that is not there', () => {
    expect(systemLineage.parent()).toBe(process.ppid);
    expect(systemLineage.parentOf(2 ** 30)).toBeUndefined();
    expect(systemLineage.commandOf(2 ** 30)).toBe('');
  });

  it.runIf(process.platform === 'linux')('is told by /proc on Linux', () => {
    expect(systemLineage.parentOf(process.pid)).toBe(process.ppid);
    expect(systemLineage.commandOf(process.pid)).not.toBe('');
  });
});
