/** Calls off what was scheduled; calling it again, or too late, does nothing. */
export type Cancel = () => void;

/** Timers, as an argument. */
export type Schedule = (work: () => void, delayMs: number) => Cancel;

export const systemSchedule: Schedule = (work, delayMs) => {
  const timer = setTimeout(work, delayMs);
  return () => clearTimeout(timer);
};
