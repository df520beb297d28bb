import { z } from 'zod';
import { statusOfCode } from '../errors/error-codes.js';
import { headers } from '../protocol/headers.js';
import { namePattern } from '../protocol/names.js';
import '../protocol/v2-schemas.js'; // registers the schemas that are named below
import { serverVersion } from '../serve/metadata.js';

type JsonObject = Record<string, unknown>;

interface Operation {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly request?: JsonObject;
  readonly response: JsonObject;
  /** Every answer of a model says where it came from. */
  readonly servedBy?: boolean;
  readonly open?: boolean;
}

const json = (name: string): JsonObject => ({
  'application/json': { schema: { $ref: `#/components/schemas/${name}` } },
});
const anyBytes: JsonObject = { schema: { type: 'string', format: 'binary' } };
const tensors = (name: string): JsonObject => ({
  ...json(name),
  'application/octet-stream': anyBytes,
  'application/msgpack': anyBytes,
});

function operations(): Operation[] {
  const list: Operation[] = [
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

/** The API of a tier as an OpenAPI 3.1 document, generated from the schemas that describe the bodies. */
export function openApiDocument(tier: 'edge' | 'origin'): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations()) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title: `Brink ${tier}`, version: serverVersion, license: { name: 'MIT', identifier: 'MIT' } },
    paths,
    components: {
      schemas: componentSchemas(),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
    },
  };
}

function describe(operation: Operation): JsonObject {
  const names = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const parameters = names.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: namePattern.source },
  }));
  return {
    summary: operation.summary,
    operationId: `${operation.method}${operation.path.replace(/[^A-Za-z0-9]+(.)?/g, (_, c?: string) => c?.toUpperCase() ?? '')}`,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.request === undefined ? {} : { requestBody: { required: true, content: operation.request } }),
    responses: {
      200: {
        description: 'The answer',
        ...(operation.servedBy === true ? { headers: answerHeaders() } : {}),
        content: operation.response,
      },
      default: {
        description: `{error, code}; code is one of ${Object.keys(statusOfCode).length} stable codes`,
        content: json('Error'),
      },
    },
    ...(operation.open === true ? {} : { security: [{ bearer: [] }, {}] }),
  };
}

function answerHeaders(): JsonObject {
  const names = [
    headers.model,
    headers.version,
    headers.digest,
    headers.servedBy,
    headers.epoch,
    headers.requestId,
    'server-timing',
  ];
  return Object.fromEntries(names.map((name) => [name, { schema: { type: 'string' } }]));
}

/** Every schema that has an id, whoever refers to it. */
function componentSchemas(): JsonObject {
  const { schemas } = z.toJSONSchema(z.globalRegistry, {
    uri: (id) => `#/components/schemas/${id}`,
    unrepresentable: 'any',
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _dialect, $id: _uri, ...schema }]) => [id, schema]),
  );
}
