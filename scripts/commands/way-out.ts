import type { AdminClient, RollbackOptions } from '../client/admin-client.js';
import { RemoteError } from '../client/remote-error.js';

/** A rollback that had nothing to go back to: what the operator can do instead, as the versions stand. */
export async function wayOut(
  client: AdminClient,
  model: string,
  { to }: RollbackOptions,
  refusal: RemoteError,
): Promise<RemoteError> {
  const { release } = await client.versions(model);
  const { stable, fenced, versions } = release;
  const told = (text: string): RemoteError => new RemoteError(refusal.status, refusal.code, text, { cause: refusal });
  if (stable === null) return told(`${model} serves nothing: there is nothing to withdraw`);
  const why =
    to === undefined
      ? `there is no version to go back to: none that was served before ${stable.version} is left`
      : refusal.message;
  const others = versions.filter(({ digest }) => digest !== stable.digest && !fenced.includes(digest));
  if (others.length > 0) {
    const names = others.map(({ version }) => version).join(', ');
    return told(`${why}. Name another one: brink rollback ${model} --to <version> (there are: ${names})`);
  }
  return told(
    `${why}. To be rid of ${stable.version}, publish a better one and promote that: ` +
      `brink publish <folder|model.onnx>, brink promote ${model} <version>`,
  );
}
