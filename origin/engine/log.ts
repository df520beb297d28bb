/** Takes one event of the origin's log: plain data, no inputs. Never throws. */
export type Log = (event: Readonly<Record<string, unknown>>) => void;
