import { defineConfig } from 'vitest/config';

/** `npm run test:large`: what takes gigabytes and minutes. */
export default defineConfig({
  test: {
    include: ['test/large/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 1_800_000,
    hookTimeout: 300_000,
    retry: 0,
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
