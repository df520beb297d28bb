/** Why a folder cannot be published, by what is wrong with it. */
export type PublishErrorCode =
  | 'no-definition'
  | 'invalid-definition'
  | 'unknown-package'
  | 'missing-file'
  | 'not-a-regular-file'
  | 'outside-the-folder'
  | 'sha256-missing'
  | 'sha256-mismatch'
  | 'file-too-large'
  | 'disk-full'
  | 'refused-graph'
  | 'unreadable-graph'
  | 'signature-mismatch'
  | 'unequal-artifacts'
  | 'bad-examples'
  | 'blind-golden'
  | 'cannot-quantize'
  | 'cannot-run-at-edge'
  | 'invalid-plan'
  | 'invalid-key'
  | 'versions-exhausted';

/** Something about the folder that is to be published is wrong: told to its author, so paths may be named. */
export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(code: PublishErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
