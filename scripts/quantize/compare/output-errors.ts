import { compareOutputs } from '../../../shared/golden/compare-outputs.js';
import { isFloat, numbersOf } from '../../../shared/golden/float-error.js';
import type { Tensor } from '../../../shared/protocol/tensor.js';

/** How far the quantized graph is from fp32, over all examples. */
export interface OutputFigures {
  readonly output: string;
  /** The largest difference of an element. */
  readonly absolute: number;
  /** The least cosine of an example; null where one is all zeros. */
  readonly cosine: number | null;
  /** The share of rows along the last axis whose largest element is the same; of floats alone. */
  readonly top1: number | null;
  /** Signal to quantization noise, 10 · log10(Σ expected² / Σ difference²), in decibels; null where there is no difference, or no signal. */
  readonly sqnrDb: number | null;
}

/** One answer of each graph to the same inputs. */
export interface AnswerPair {
  readonly expected: readonly Tensor[];
  readonly got: readonly Tensor[];
}

/** Figures of every output, in the order of the first answer. */
export function outputErrors(pairs: readonly AnswerPair[]): OutputFigures[] {
  return (pairs[0]?.expected ?? []).map(({ name }) => {
    const errors = pairs.flatMap(({ expected, got }) => compareOutputs(expected, got).filter(({ output }) => output === name)); // prettier-ignore
    const cosines = errors.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
    const tops = errors.flatMap(({ top1 }) => (top1 === null ? [] : [top1]));
    return {
      output: name,
      absolute: Math.max(0, ...errors.map(({ absolute }) => absolute)),
      cosine: cosines.length < errors.length ? null : Math.min(...cosines),
      top1: tops.length === 0 ? null : tops.reduce((sum, top1) => sum + top1, 0) / tops.length,
      sqnrDb: sqnrDb(pairs, name),
    };
  });
}

/** The one number that the search spends: the worst output's 1 − cosine; 1 where there is none. */
export function errorOf(figures: readonly OutputFigures[]): number {
  return Math.max(0, ...figures.map(({ cosine, absolute }) => (absolute === 0 ? 0 : 1 - (cosine ?? 0))));
}

function sqnrDb(pairs: readonly AnswerPair[], name: string): number | null {
  let [signal, noise] = [0, 0];
  for (const { expected, got } of pairs) {
    const [one, other] = [expected, got].map((tensors) => tensors.find((tensor) => tensor.name === name));
    if (one === undefined || other === undefined || !isFloat(one.datatype)) continue;
    const [wanted, came] = [numbersOf(one.datatype, one.data), numbersOf(other.datatype, other.data)];
    for (let at = 0; at < wanted.length; at += 1) {
      const value = wanted[at] ?? 0;
      signal += value * value;
      noise += (value - (came[at] ?? 0)) ** 2;
    }
  }
  return signal === 0 || noise === 0 ? null : 10 * Math.log10(signal / noise);
}
