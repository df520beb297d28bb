import { defineConfig } from 'vitest/config';
import base, { publishSuites } from './vitest.config.js';

/** `npm run test:publish`: whole publishes on real parts, which take minutes. */
export default defineConfig({ ...base, test: { ...base.test, include: publishSuites, exclude: [] } });
