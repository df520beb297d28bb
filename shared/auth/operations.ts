/** Who may do a thing: everybody, whoever may read, whoever may infer, or operators. */
export type Access = 'open' | 'read' | 'infer' | 'admin';

/**
 * Everything that can be asked of a server, and who may. Every channel (REST, gRPC unary, gRPC stream, metrics, admin)
 * names an operation of this table, so that what is allowed cannot differ between them.
 */
export const operations = {
  'server-live': 'open',
  'server-ready': 'open',
  openapi: 'open',
  'server-metadata': 'read',
  handlers: 'read',
  'model-metadata': 'read',
  'model-ready': 'read',
  'model-config': 'read',
  'model-statistics': 'read',
  'repository-index': 'read',
  metrics: 'read',
  infer: 'infer',
  predict: 'infer',
  'repository-load': 'admin',
  'repository-unload': 'admin',
} as const satisfies Record<string, Access>;

export type Operation = keyof typeof operations;
