import { z } from 'zod';
import { statusOfCode } from '../errors/error-codes.js';
import { headers } from '../protocol/headers.js';
import { namePattern } from '../protocol/names.js';
import '../protocol/serving-schemas.js'; // these two register the schemas that are named below
import '../protocol/v2-schemas.js';
import { serverVersion } from '../serve/metadata.js';
import { type DescribedOperation, describedOperations, json, type JsonObject } from './openapi-operations.js';

/** The API of a tier as an OpenAPI 3.1 document, generated from the schemas that describe the bodies. */
export function openApiDocument(tier: 'edge' | 'origin'): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of describedOperations()) {
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

function describe(operation: DescribedOperation): JsonObject {
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
    ...(operation.request === undefined
      ? {}
      : { requestBody: requestBody(operation.request, operation.requestOptional) }),
    responses: {
      200: {
        description: 'The answer',
        ...(operation.servedBy === true ? { headers: answerHeaders() } : {}),
        ...(operation.response === undefined ? {} : { content: operation.response }),
      },
      default: {
        description: `{error, code}; code is one of ${Object.keys(statusOfCode).length} stable codes`,
        content: json('Error'),
      },
    },
    ...(operation.open === true ? {} : { security: [{ bearer: [] }, {}] }),
  };
}

function requestBody(content: JsonObject, optional = false): JsonObject {
  return { required: !optional, content };
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
