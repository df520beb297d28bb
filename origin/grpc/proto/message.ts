import type { fromJSON } from '@grpc/proto-loader';

/** What protobufjs makes a root of. */
export type Namespace = Parameters<typeof fromJSON>[0];
type Nested = NonNullable<Namespace['nested']>;
export type Definition = Nested[string];

/** `[number, type]`; a type is `T`, `repeated T` or `map K V`. */
export type Fields = Readonly<Record<string, readonly [number: number, type: string]>>;

/** A protobuf message as protobufjs takes it, its fields written shortly. */
export function message(fields: Fields, more: { oneofs?: Record<string, string[]>; nested?: Nested } = {}): Definition {
  const { oneofs, nested } = more;
  return {
    fields: Object.fromEntries(Object.entries(fields).map(([name, [id, type]]) => [name, field(id, type)])),
    ...(oneofs === undefined
      ? {}
      : { oneofs: Object.fromEntries(Object.entries(oneofs).map(([name, oneof]) => [name, { oneof }])) }),
    ...(nested === undefined ? {} : { nested }),
  };
}

function field(id: number, type: string): { id: number; type: string; rule?: string; keyType?: string } {
  const [first = '', second = '', third = ''] = type.split(' ');
  if (first === 'repeated') return { id, type: second, rule: 'repeated' };
  return first === 'map' ? { id, keyType: second, type: third } : { id, type: first };
}

/** A protobuf enum: its values count from 0. */
export const enumeration = (...names: readonly string[]): Definition => ({
  values: Object.fromEntries(names.map((name, value) => [name, value])),
});

type Method = NonNullable<Extract<Definition, { methods: unknown }>['methods'][string]>;

/** A method of a service, which answers one message with one. */
export const rpc = (requestType: string, responseType: string): Method => ({ requestType, responseType, comment: '' });
