/** What is measured of one model: one FP32 tensor in, one out. Known to the benchmark and to its Worker. */
export interface BenchCase {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly input: NamedShape;
  readonly output: NamedShape;
}

export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export const elementsOf = ({ shape }: NamedShape): number => shape.reduce((product, size) => product * size, 1);
