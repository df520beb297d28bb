/**
 * How a Node program of this project is bundled: everything of ours in one file, packages where npm has put them.
 *
 * @type {import('esbuild').BuildOptions}
 */
export const nodeOptions = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: true,
  logLevel: 'warning',
};
