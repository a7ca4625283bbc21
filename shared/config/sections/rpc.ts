import { bytes, count, GiB, KiB, MiB, milliseconds, type Section } from '../setting.ts';

/** Limits of gRPC between the roles. */
export const rpcSettings = {
  rpcTimeoutMs: milliseconds(10_000, {
    min: 100,
    max: 3_600_000,
    doc: 'How long a unary call may take when its caller names no deadline of its own.',
  }),
  rpcMessageBytesMax: bytes(16 * MiB, {
    min: 64 * KiB,
    max: GiB,
    doc: 'The largest message that is sent or received; a larger one is refused by its announced length, before it is read.',
  }),
  rpcWindowBytes: bytes(16 * MiB, {
    min: 64 * KiB,
    max: GiB,
    doc: 'HTTP/2 flow-control window of a bulk connection. With the 64 KiB of the standard a pull is three times slower.',
  }),
  rpcSendMessagesMax: count(4, {
    min: 1,
    max: 1024,
    doc: 'Messages of a stream that may wait to be written before its sender is paused.',
  }),
  rpcReceiveMessagesMax: count(4, {
    min: 1,
    max: 1024,
    doc: 'Messages of a stream that are read ahead of its consumer; beyond that the sender is paused by flow control.',
  }),
  rpcStallMs: milliseconds(3_600_000, {
    min: 100,
    max: 86_400_000,
    doc: 'How long the reader of a response stream may take nothing before the stream is ended, so that it frees what it holds.',
  }),
  rpcStreamsMax: count(1024, {
    min: 1,
    max: 1_000_000,
    doc: 'Calls that one connection may have open at a time.',
  }),
  rpcKeepaliveMs: milliseconds(10_000, {
    min: 100,
    max: 3_600_000,
    doc: 'How often an idle connection is pinged, from both ends. A dead peer is noticed after this and the timeout.',
  }),
  rpcKeepaliveTimeoutMs: milliseconds(5_000, {
    min: 100,
    max: 3_600_000,
    doc: 'How long the answer to a ping may take before the connection counts as broken.',
  }),
  rpcReconnectMs: milliseconds(2_000, {
    min: 100,
    max: 120_000,
    doc: 'The longest pause between two attempts to connect again; the first is a tenth of it.',
  }),
  rpcErrorBytesMax: bytes(8 * KiB, {
    min: KiB,
    max: 32 * KiB,
    doc: 'The largest error that travels with a failed call, in its trailers; longer details are cut.',
  }),
  tokenCharactersMin: count(16, {
    min: 8,
    max: 1024,
    doc: 'The shortest token that a token file may hold.',
  }),
} as const satisfies Section;
