import type { BuildOptions } from 'esbuild';

export const workerOptions: BuildOptions;
