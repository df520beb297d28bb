/** What the server answered when it did not do as asked: its code and its words, as they came. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }
}

/** No answer came: nobody listens, the connection broke, or the time was up. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';
  readonly code = 'unreachable';
}
