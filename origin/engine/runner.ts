import type { Datatype, TensorData } from '../../shared/protocol/datatype.js';
import type { Tensor } from '../../shared/protocol/tensor.js';

/** A tensor whose memory lies in several places, one after the other along axis 0: a batch that nobody has copied. */
export interface BatchTensor {
  readonly name: string;
  readonly datatype: Datatype;
  /** Of the whole. */
  readonly shape: readonly number[];
  readonly parts: readonly TensorData[];
}

export interface RunResult {
  /** All outputs of the graph, views on one piece of memory of their own. */
  readonly outputs: readonly Tensor[];
  /** Their memory is used again after this. Absent: it is theirs. */
  readonly giveBack?: (() => void) | undefined;
  /** `session.run`, measured in the runner. */
  readonly inferMs: number;
  /** Processor time of the runner meanwhile, of all its threads: what a busy machine does not change. */
  readonly cpuMs: number;
  /** Resident memory of the runner, as of lately. */
  readonly rssBytes: number;
}

/** One process with one version's sessions, loaded. Runs are answered in the order in which they were asked for. */
export interface Runner {
  readonly pid: number;
  /** Settles, never rejects, with why, when the process has ended and left nothing behind. */
  readonly ended: Promise<string>;
  /** Rejects with BrinkError when the run fails, RunnerDied when the process does. */
  run(graph: string, inputs: readonly BatchTensor[]): Promise<RunResult>;
  /** A heartbeat; answers only between runs. */
  ping(): Promise<{ readonly rssBytes: number }>;
  /** Ends it at once, in the middle of whatever it does. */
  kill(): void;
}
