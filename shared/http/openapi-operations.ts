export type JsonObject = Record<string, unknown>;

/** One method of one path, as the document describes it. */
export interface DescribedOperation {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly request?: JsonObject;
  readonly requestOptional?: boolean;
  /** Absent: an answer without a body. */
  readonly response?: JsonObject;
  /** Every answer of a model says where it came from. */
  readonly servedBy?: boolean;
  readonly open?: boolean;
}

export const json = (name: string): JsonObject => ({
  'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
});
const anyBytes: JsonObject = { schema: { type: 'string', format: 'binary' } };
const tensors = (name: string): JsonObject => ({
  ...json(name),
  'application/octet-stream': anyBytes,
  'application/msgpack': anyBytes,
});

/** Every route of the data plane. */
export function describedOperations(): DescribedOperation[] {
  const list: DescribedOperation[] = [
    {
      method: 'get',
      path: '/v2/health/live',
      summary: 'Whether the server runs',
      response: json('ServerLive'),
      open: true,
    },
    {
      method: 'get',
      path: '/v2/health/ready',
      summary: 'Whether the server can answer',
      response: json('ServerReady'),
      open: true,
    },
    { method: 'get', path: '/v2', summary: 'Server metadata', response: json('ServerMetadata') },
    {
      method: 'get',
      path: '/v1/handlers',
      summary: 'The handlers that this tier has',
      response: { 'application/json': {} },
    },
    ...repositoryOperations(),
  ];
  for (const at of ['{model}', '{model}/versions/{version}']) {
    list.push(
      { method: 'get', path: `/v2/models/${at}`, summary: 'Model metadata', response: json('ModelMetadata') },
      {
        method: 'get',
        path: `/v2/models/${at}/ready`,
        summary: 'Whether the model can answer',
        response: json('ModelReady'),
      },
      {
        method: 'get',
        path: `/v2/models/${at}/config`,
        summary: 'Model configuration',
        response: json('ModelConfig'),
      },
      {
        method: 'get',
        path: `/v2/models/${at}/stats`,
        summary: 'What the model has done (at an origin)',
        response: json('Statistics'),
      },
      {
        method: 'post',
        path: `/v2/models/${at}/infer`,
        summary: 'Tensors in, tensors out (Open Inference Protocol V2)',
        request: tensors('InferRequest'),
        response: tensors('InferResponse'),
        servedBy: true,
      },
      {
        method: 'post',
        path: `/v1/models/${at}/predict`,
        summary: "The model's handler: an image, audio or JSON in, JSON out",
        request: { '*/*': anyBytes },
        response: { 'application/json': {} },
        servedBy: true,
      },
    );
  }
  return list;
}

function repositoryOperations(): DescribedOperation[] {
  const change = (action: 'load' | 'unload'): DescribedOperation => ({
    method: 'post',
    path: `/v2/repository/models/{model}/${action}`,
    summary: `To ${action} what is released of a model, for operators of an origin that allows it`,
    request: json('RepositoryRequest'),
    requestOptional: true,
  });
  return [
    {
      method: 'get',
      path: '/v2/models/stats',
      summary: 'What all models have done (at an origin)',
      response: json('Statistics'),
    },
    {
      method: 'post',
      path: '/v2/repository/index',
      summary: 'The models and versions that there are (at an origin)',
      request: json('RepositoryIndexRequest'),
      requestOptional: true,
      response: json('RepositoryIndex'),
    },
    change('load'),
    change('unload'),
  ];
}
