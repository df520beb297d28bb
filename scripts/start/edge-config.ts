import { z } from 'zod';

/** What `npm start` tells the edge's process, in one variable: the address, the state and the Worker's vars and secrets. */
export const edgeConfigSchema = z.strictObject({
  port: z.int().min(0).max(65_535),
  host: z.string().default('127.0.0.1'),
  stateDir: z.string().optional(),
  vars: z.record(z.string(), z.string()),
});
export type EdgeConfig = z.input<typeof edgeConfigSchema>;

export const edgeConfigVariable = 'BRINK_EDGE_CONFIG';
