import { nameSchema } from '../../shared/protocol/names.js';

/** The name after the highest `v<N>` there is; other names do not count. */
export function nextVersionName(names: readonly string[]): string {
  const numbers = names.flatMap((name) => {
    const [, digits] = /^v(\d{1,9})$/.exec(name) ?? [];
    return digits === undefined ? [] : [Number(digits)];
  });
  return nameSchema.parse(`v${Math.max(0, ...numbers) + 1}`);
}
