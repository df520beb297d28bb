/** Limits on everything that comes from outside. Going over one is an error that quotes both numbers. */
export interface Limits {
  /** A request body as it arrives, and again after decompression. */
  readonly bodyBytesMax: number;
  readonly jsonDepthMax: number;
  readonly tensorsMax: number;
  readonly rankMax: number;
  /** Elements of any one input. */
  readonly tensorElementsMax: number;
  /** Elements of BYTES tensors cost far more in memory than on the wire. */
  readonly bytesElementsMax: number;
  readonly parametersMax: number;
  readonly idLengthMax: number;
  /** The longest deadline that a caller may ask for. */
  readonly timeoutMsMax: number;
  /** How long a body may take to arrive. */
  readonly bodyReadMsMax: number;
}

export const defaultLimits: Limits = {
  bodyBytesMax: 32 * 1024 * 1024,
  jsonDepthMax: 32,
  tensorsMax: 64,
  rankMax: 16,
  tensorElementsMax: 2 ** 31,
  bytesElementsMax: 1_000_000,
  parametersMax: 64,
  idLengthMax: 256,
  timeoutMsMax: 120_000,
  bodyReadMsMax: 30_000,
};
