/** Who started whom, as far as this machine tells. */
export interface Lineage {
  /** This process's own parent at this moment. */
  parent(): number;
  /** Undefined where it cannot be told. */
  parentOf(pid: number): number | undefined;
  /** Empty where it cannot be told. */
  commandOf(pid: number): string;
}

const lookEveryMs = 500;

/**
 * Calls `gone` once when the process that started this one has ended: another is the parent now. npm passes signals on,
 * but to its shell, and cannot when it is killed. Where that shell (its command line names `script`) stays between npm
 * and this process, npm is watched too.
 */
export function watchStarter(lineage: Lineage, script: string, gone: () => void): void {
  const starter = lineage.parent();
  const npm = lineage.commandOf(starter).includes(script) ? lineage.parentOf(starter) : undefined;
  const npmNow = (): number | undefined => (npm === undefined ? npm : (lineage.parentOf(starter) ?? npm));
  const timer = setInterval(() => {
    if (lineage.parent() === starter && npmNow() === npm) return;
    clearInterval(timer);
    gone();
  }, lookEveryMs);
  timer.unref();
}
