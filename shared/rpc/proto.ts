import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { assert } from '../errors.ts';
import type { Service } from './contract.ts';

/** Methods whose messages pass as plain bytes, for bulk data that is encoded by hand. */
export type BytesMethods = Readonly<Record<string, 'request' | 'response' | 'both'>>;

/**
 * Loads a service from one of our own files under `proto/` (never load a foreign one: protobufjs has had code
 * injection).
 *
 * @param file name in `proto/` without its ending, for example `store`
 * @param name fully qualified name of the service, for example `sheaf.store.Store`
 * @param bytes methods (in camelCase) whose requests or responses are Buffers, not messages
 */
export function loadService<Contract>(file: string, name: string, bytes: BytesMethods = {}): Service<Contract> {
  const loaded = loadSync(protoPath(file), {
    keepCase: false,
    longs: Number,
    enums: String,
    defaults: true,
    oneofs: true,
  });
  const service = loaded[name];
  assert(service !== undefined && !('format' in service), `proto/${file}.proto holds no service ${name}`);
  return { name, definition: byMethodName(service as unknown as ServiceDefinition, bytes) };
}

/** Keys in camelCase, as contracts name their methods. */
function byMethodName(definition: ServiceDefinition, bytes: BytesMethods): ServiceDefinition {
  const methods = Object.entries(definition).map(([name, method]) => {
    const key = name.charAt(0).toLowerCase() + name.slice(1);
    return [key, withBytes(method, bytes[key])];
  });
  return Object.fromEntries(methods) as ServiceDefinition;
}

const identity = (bytes: Buffer): Buffer => bytes;

function withBytes(
  method: MethodDefinition<unknown, unknown>,
  side: BytesMethods[string] | undefined,
): MethodDefinition<unknown, unknown> {
  const request = side === 'request' || side === 'both';
  const response = side === 'response' || side === 'both';
  const requests = { requestSerialize: identity, requestDeserialize: identity };
  const responses = { responseSerialize: identity, responseDeserialize: identity };
  return Object.assign({}, method, request ? requests : {}, response ? responses : {});
}

/** `proto/` lies at the package's root: next to `shared/` in the sources, above `dist/` when built. */
function protoPath(file: string): string {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let folder = start; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'proto', `${file}.proto`);
    if (existsSync(path)) return path;
  }
  assert(false, `proto/${file}.proto is in no folder above ${start}`);
}
