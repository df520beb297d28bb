import type { PackageDefinition } from '@grpc/proto-loader';
import descriptor, { type IDescriptorProto } from 'protobufjs/ext/descriptor/index.js';

/**
 * The same definitions with descriptors as protoc writes them: the message behind a map field `parameters` is called
 * `ParametersEntry`. protobufjs calls it `Parameters`, which clients in Go refuse when reflection gives it to them.
 */
export function withMapEntryNames(definitions: PackageDefinition): PackageDefinition {
  const renamed = new Map<Buffer, Buffer>();
  const named = Object.entries(definitions).map(([name, definition]) => {
    const { fileDescriptorProtos: files } = definition;
    if (!Array.isArray(files)) return [name, definition]; // a service: its messages have them
    const fileDescriptorProtos = files.map((bytes: Buffer) => {
      const known = renamed.get(bytes) ?? renameIn(bytes);
      renamed.set(bytes, known);
      return known;
    });
    return [name, { ...definition, fileDescriptorProtos }];
  });
  return Object.fromEntries(named) as PackageDefinition;
}

function renameIn(bytes: Buffer): Buffer {
  const file = descriptor.FileDescriptorProto.decode(bytes);
  for (const message of (file as unknown as { messageType?: IDescriptorProto[] }).messageType ?? []) rename(message);
  return Buffer.from(descriptor.FileDescriptorProto.encode(file).finish());
}

function rename(message: IDescriptorProto): void {
  for (const nested of message.nestedType ?? []) {
    rename(nested);
    const { name } = nested;
    if (nested.options?.mapEntry !== true || name === undefined) continue;
    const field = message.field?.find(({ typeName }) => typeName === name || typeName?.endsWith(`.${name}`) === true);
    if (field?.name === undefined) continue;
    const entry = `${camelCase(field.name)}Entry`;
    field.typeName = field.typeName?.slice(0, -name.length).concat(entry) ?? entry;
    nested.name = entry;
  }
}

/** `response_stats` → `ResponseStats`. */
const camelCase = (name: string): string =>
  name.replace(/(?:^|_)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
