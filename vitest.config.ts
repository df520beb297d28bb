import { configDefaults, defineConfig } from 'vitest/config';

/** Whole publishes on real parts: npm run test:publish. */
export const publishSuites = [
  'test/e2e/artifact-faults.test.ts',
  'test/e2e/cache-*.test.ts',
  'test/e2e/foreign-models.test.ts',
  'test/e2e/published-property.test.ts',
  'test/e2e/quantized.test.ts',
  'test/scripts/publish/prepare-version.test.ts',
  'test/scripts/publish/measure/*.test.ts',
  'test/scripts/publish/stages/*.test.ts',
];

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...configDefaults.exclude, 'test/large/**', ...publishSuites], // npm run test:large
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    retry: 0,
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
