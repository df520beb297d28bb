/**
 * How a Worker is bundled, wherever it is bundled: `scripts/build.mjs` for dist/edge, and the tests for their own
 * Workers. wrangler bundles edge/worker.ts itself when it deploys; what it does by default is what stands here.
 *
 * @type {import('esbuild').BuildOptions}
 */
export const workerOptions = {
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  // These imports stay imports, of the files copied beside the bundle: to workerd a CompiledWasm module and a Data module.
  loader: { '.wasm': 'copy', '.bin': 'copy' },
  assetNames: '[name]',
  sourcemap: true,
  logLevel: 'warning',
};
