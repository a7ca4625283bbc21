import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadSync } from '@grpc/proto-loader';
import fc from 'fast-check';
import { blankFrame, type Note, noteFrame, parseFrame } from '../../../../shared/flight/frame.ts';

const flight = loadSync(new URL('../../../../proto/Flight.proto', import.meta.url).pathname, { defaults: true });
const service = flight['arrow.flight.protocol.FlightService'] as unknown as {
  DoGet: { responseDeserialize(bytes: Buffer): Record<string, unknown>; responseSerialize(message: object): Buffer };
};

const notes = fc.record({ part: fc.nat(), seq: fc.nat(), rows: fc.nat(), crc: fc.nat() }, { noNullPrototype: true });
const blobs = fc.uint8Array({ maxLength: 20_000 });

function filled(note: Note, metadata: Uint8Array, body: Uint8Array): Buffer {
  const frame = blankFrame(note, metadata.length, body.length);
  frame.metadata.set(metadata);
  frame.body.set(body);
  return frame.bytes;
}

test('a frame is a FlightData as protobuf writes it, with its body aligned where gRPC puts it', () => {
  fc.assert(
    fc.property(notes, blobs, blobs, (note, metadata, body) => {
      const bytes = filled(note, metadata, body);
      const message = service.DoGet.responseDeserialize(bytes);
      assert.deepEqual(Uint8Array.from(message.dataHeader as Buffer), metadata);
      assert.deepEqual(Uint8Array.from(message.dataBody as Buffer), body);
      assert.deepEqual(JSON.parse(String(message.appMetadata)), note);
      if (body.length > 0) assert.equal((5 + bytes.length - body.length) % 16, 0);
    }),
  );
});

test('what is framed is parsed, by protobuf or by hand', () => {
  fc.assert(
    fc.property(notes, blobs, blobs, (note, dataHeader, dataBody) => {
      const appMetadata = Buffer.from(JSON.stringify(note));
      const theirs = service.DoGet.responseSerialize({ dataHeader, appMetadata, dataBody });
      for (const bytes of [filled(note, dataHeader, dataBody), theirs]) {
        const frame = parseFrame(bytes);
        assert.deepEqual(Uint8Array.from(frame.metadata), dataHeader);
        assert.deepEqual(Uint8Array.from(frame.body), dataBody);
        assert.deepEqual(frame.note, note);
      }
    }),
  );
});

test('what is cut or not a frame is an error, never another frame', () => {
  const bytes = filled({ part: 0, seq: 0, rows: 1, crc: 1 }, new Uint8Array(300), new Uint8Array(40));
  const whole = noteFrame({ end: [[1, 2, 3]] });
  assert.deepEqual(parseFrame(whole).note, { end: [[1, 2, 3]] });
  for (let length = 0; length < bytes.length; length++) {
    // Without its body a message may still parse: then its length and checksum differ.
    if (length === bytes.length - 43) continue;
    assert.throws(() => parseFrame(bytes.subarray(0, length)), { code: 'FILE_CORRUPT' }, `length ${length}`);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      try {
        parseFrame(Buffer.from(noise));
      } catch (error) {
        assert.equal((error as { code: string }).code, 'FILE_CORRUPT');
      }
    }),
  );
});
