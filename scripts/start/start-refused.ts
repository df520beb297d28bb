/** Why `npm start` cannot start: told as it stands, without a stack. */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
