export interface Deferred {
  readonly promise: Promise<void>;
  resolve(): void;
}

/** A promise that the test settles. */
export function deferred(): Deferred {
  let settle = (): void => undefined;
  const promise = new Promise<void>((resolve) => (settle = resolve));
  return { promise, resolve: () => settle() };
}
