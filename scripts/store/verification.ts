/** One thing that was looked at. */
export interface Check {
  readonly what: 'manifest' | 'blob' | 'golden' | 'signature';
  /** What of it: the file's role, the graph and the number of its golden. */
  readonly name: string;
  readonly where: 'store' | 'native' | 'workerd';
  /** `absent`: there is nothing to look at, which is no fault. */
  readonly state: 'ok' | 'failed' | 'absent';
  readonly detail: string;
  readonly bytes: number | null;
}

export interface Verification {
  readonly model: string;
  readonly version: string;
  readonly digest: string;
  readonly ok: boolean;
  readonly checks: readonly Check[];
}
