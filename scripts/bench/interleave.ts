import { shuffled } from '../seeded-random.js';

/** What one round gave: each step once, one after the other. Absent: its clock failed. */
export type Round = ReadonlyMap<string, number>;

/** Something that is timed, once per call. Undefined when its clock failed; throws when the answer was wrong. */
export interface Step {
  readonly name: string;
  time(): Promise<number | undefined>;
}

export interface Interleaving {
  readonly warmUpRounds: number;
  readonly rounds: number;
  readonly random: () => number;
  readonly onRound: () => void;
  readonly signal: AbortSignal;
}

/**
 * Every step once in each round, in an order by chance: what disturbs the machine disturbs all alike, and none always
 * comes after the same other one, whose garbage it would collect and whose data would fill the processor's caches.
 */
export async function interleave(steps: readonly Step[], options: Interleaving): Promise<Round[]> {
  const { warmUpRounds, rounds, random, onRound, signal } = options;
  const measured: Round[] = [];
  for (let number = 0; number < warmUpRounds + rounds; number += 1) {
    signal.throwIfAborted();
    const round = new Map<string, number>();
    for (const step of shuffled(steps, random)) {
      const ms = await step.time();
      if (ms !== undefined) round.set(step.name, ms);
    }
    if (number >= warmUpRounds) measured.push(round);
    onRound();
  }
  return measured;
}

/** The figures of one step. */
export const figuresOf = (rounds: readonly Round[], step: string): number[] =>
  rounds.map((round) => round.get(step)).filter((ms) => ms !== undefined);

/** `step − less`, within each round. */
export function differencesOf(rounds: readonly Round[], step: string, less: string): number[] {
  return rounds.map((round) => (round.get(step) ?? NaN) - (round.get(less) ?? NaN)).filter((ms) => !Number.isNaN(ms));
}
