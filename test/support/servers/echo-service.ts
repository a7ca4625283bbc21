import type { Bidi, ClientStream, ServerStream, Service, Unary } from '../../../shared/rpc/contract.ts';

/** A service of every kind of call, with JSON in place of protobuf, for tests of the helpers around gRPC. */
export interface Echo {
  say: Unary<{ text: string }, { text: string }>;
  count: ServerStream<{ to: number; bytes?: number }, { n: number; filler: string }>;
  sum: ClientStream<{ n: number }, { total: number }>;
  chat: Bidi<{ text: string }, { text: string }>;
}

const encode = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const decode = (bytes: Buffer): unknown => JSON.parse(bytes.toString('utf8'));

const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  path: `/test.Echo/${name}`,
  requestStream,
  responseStream,
  requestSerialize: encode,
  requestDeserialize: decode,
  responseSerialize: encode,
  responseDeserialize: decode,
});

export const echoService: Service<Echo> = {
  name: 'test.Echo',
  definition: {
    say: method('Say', false, false),
    count: method('Count', false, true),
    sum: method('Sum', true, false),
    chat: method('Chat', true, true),
  },
};
