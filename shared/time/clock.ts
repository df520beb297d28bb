/** Time, as an argument. `now` is milliseconds since the Unix epoch. */
export interface Clock {
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

/** A number in [0, 1), as an argument. */
export type Random = () => number;
