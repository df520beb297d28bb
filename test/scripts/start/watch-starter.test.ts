import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { watchStarter } from '../../../scripts/start/watch-starter.js';

describe('watching the process that started this one', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('says once that it is gone, when another has become the parent', () => {
    let parent = 100;
    const gone = vi.fn();
    watchStarter(() => parent, gone);
    vi.advanceTimersByTime(10_000);
    expect(gone).not.toHaveBeenCalled();
    parent = 1;
    vi.advanceTimersByTime(10_000);
    expect(gone).toHaveBeenCalledTimes(1);
  });

  it('takes process 1 for a starter like any other: in a container npm may be that', () => {
    const gone = vi.fn();
    watchStarter(() => 1, gone);
    vi.advanceTimersByTime(10_000);
    expect(gone).not.toHaveBeenCalled();
  });
});
