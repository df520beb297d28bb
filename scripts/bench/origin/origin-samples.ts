/** How long and how often everything is done. */
export interface OriginSamples {
  /** Of the interleaved windows: each contestant at each number of connections once a round. */
  readonly rounds: number;
  readonly warmUpS: number;
  readonly windowS: number;
  /** The bare loop, for each batch size. */
  readonly scanMs: number;
  /** So many requests in an open loop, within these bounds of time. */
  readonly open: { readonly requests: number; readonly secondsMin: number; readonly secondsMax: number };
  /** Halvings in the search for the highest rate under the bound. */
  readonly searchSteps: number;
  readonly aloneRounds: number;
  /** A4 pages through `predict`. */
  readonly pagesS: number;
  readonly swaps: number;
  readonly overloadS: number;
}

const full: OriginSamples = {
  rounds: 5,
  warmUpS: 0.5,
  windowS: 3,
  scanMs: 1_000,
  open: { requests: 3_000, secondsMin: 9, secondsMax: 45 },
  searchSteps: 5,
  aloneRounds: 300,
  pagesS: 20,
  swaps: 20,
  overloadS: 60,
};

const quick: OriginSamples = {
  rounds: 1,
  warmUpS: 0.1,
  windowS: 0.5,
  scanMs: 50,
  open: { requests: 100, secondsMin: 0.6, secondsMax: 1 },
  searchSteps: 2,
  aloneRounds: 20,
  pagesS: 3,
  swaps: 20,
  overloadS: 10,
};

/** `samples`: for tests, so many of everything, whatever that is worth. */
export function originSamples({
  quick: isQuick,
  samples,
}: {
  quick: boolean;
  samples: number | undefined;
}): OriginSamples {
  if (samples === undefined) return isQuick ? quick : full;
  return {
    rounds: samples,
    warmUpS: 0,
    windowS: 0.4 * samples, // several runs of the slowest model, also on a busy machine
    scanMs: samples,
    open: { requests: 10 * samples, secondsMin: 0.1 * samples, secondsMax: 0.3 * samples },
    searchSteps: samples,
    aloneRounds: samples,
    pagesS: 0.1 * samples,
    swaps: samples,
    overloadS: 0.3 * samples,
  };
}
