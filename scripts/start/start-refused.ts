/** Why `npm start` cannot start: told as it stands, without a stack. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
  /** As of the CLI: 2 when the command line or the environment is wrong. */
  readonly exit: 1 | 2;

  constructor(message: string, options: ErrorOptions & { readonly exit?: 1 | 2 } = {}) {
    super(message, options);
    this.exit = options.exit ?? 1;
  }
}
