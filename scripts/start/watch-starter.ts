const lookEveryMs = 500;

/**
 * Calls `gone` once when another process has become the parent of this one: the one that started it has ended. npm
 * passes signals on, but cannot when it is killed.
 */
export function watchStarter(parent: () => number, gone: () => void): void {
  const starter = parent();
  const timer = setInterval(() => {
    if (parent() === starter) return;
    clearInterval(timer);
    gone();
  }, lookEveryMs);
  timer.unref();
}
