/** How the process came to its end: by itself or by another's hand, or by ours and for what. */
export type DeathKind = 'exit' | 'memory' | 'nonsense' | 'killed';

/** The runner's process ended, or its answers make no sense: whoever waited may try another. */
export class RunnerDied extends Error {
  override readonly name = 'RunnerDied';
  readonly kind: DeathKind;

  constructor(message: string, kind: DeathKind = 'exit') {
    super(message);
    this.kind = kind;
  }
}
