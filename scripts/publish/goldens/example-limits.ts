/** What examples and the goldens that are made of them may be. How many goldens a graph has: `goldensMax`. */
export const exampleLimits = {
  /** Files that examples are read from. */
  files: 64,
  fileBytes: 64 * 1024 * 1024,
  /** One golden, inputs and outputs. */
  goldenBytes: 16 * 1024 * 1024,
  /** All goldens of a graph. */
  goldensBytes: 64 * 1024 * 1024,
  /** Of the calls that a handler makes of one graph for one request: a recording of a minute makes thousands. */
  callsKept: 8,
} as const;
