import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Decoder, type DecoderOptions } from '../../../../connectors/postgres/decode/decoder.ts';
import { CopyEncoder, copyHeader, copyTrailer } from '../../../../connectors/postgres/encode/copy-encoder.ts';
import { postgresTypeOf } from '../../../../connectors/postgres/types/to-postgres.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { toArrowSchema } from '../../../../shared/types/arrow-schema.ts';
import { createBuilders, takeBatch } from '../../../../shared/types/row-builder.ts';
import { createRowReader } from '../../../../shared/types/row-reader.ts';

const decimalText = (digits: number, scale: number) =>
  fc.tuple(fc.bigInt(-(10n ** BigInt(digits)) + 1n, 10n ** BigInt(digits) - 1n)).map(([value]) => {
    const text = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
    return `${value < 0n ? '-' : ''}${text.slice(0, text.length - scale)}.${text.slice(text.length - scale)}`;
  });
const date = fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true });

/** Columns whose values both ways know, with values for them. */
const columns: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  BOOLEAN: fc.boolean(),
  SMALLINT: fc.integer({ min: -32_768, max: 32_767 }),
  INTEGER: fc.integer(),
  BIGINT: fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  DOUBLE: fc.double(),
  'DECIMAL(9,4)': decimalText(9, 4),
  'DECIMAL(15,2)': decimalText(15, 2),
  'DECIMAL(18,13)': decimalText(18, 13),
  'DECIMAL(38,9)': decimalText(38, 9),
  VARCHAR: fc.string({ unit: 'binary', maxLength: 60 }).map((text) => text.toWellFormed()),
  BLOB: fc.uint8Array({ maxLength: 60 }),
  TIMESTAMP: date,
  UUID: fc.uuid(),
  'INTEGER[]': fc.array(fc.option(fc.integer()), { maxLength: 5 }),
  'VARCHAR[]': fc.array(fc.option(fc.string({ maxLength: 30 }).map((text) => text.toWellFormed())), { maxLength: 5 }),
};
const schema: Schema = Object.keys(columns).map((type, i) => ({ name: `c${i}`, type }));
const row = fc.tuple(...Object.values(columns).map((value) => fc.option(value, { freq: 4 })));

const options: DecoderOptions = {
  ...{ source: 's', unrepresentable: 'reject', keepReasons: false },
  ...{ batchRowsMax: 7, batchBytesMax: 1 << 20 },
};

test('what is encoded is decoded the same, however the bytes are cut', () => {
  const arrow = toArrowSchema(schema);
  const types = schema.map(({ type }) => postgresTypeOf(type));
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 40 }),
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 1, max: 5000 }),
      (rows, cut, chunkBytes) => {
        const builders = createBuilders(schema, arrow.fields);
        for (const values of rows) values.forEach((value, i) => void builders[i]?.append(value));
        const given = takeBatch(builders);
        const sent = Buffer.concat([
          copyHeader,
          ...new CopyEncoder(arrow.fields, types, chunkBytes).encode(given),
          copyTrailer,
        ]);
        const decoder = new Decoder(schema, options);
        const reader = createRowReader(arrow.fields);
        const rowsOf = (batches: readonly (typeof given)[]) =>
          batches.flatMap((batch) => {
            reader.bind(batch);
            return Array.from({ length: batch.rows }, (_, i) => ({ ...reader.row(i) }));
          });
        const received = [];
        for (let at = 0; at < sent.length; at += cut) {
          for (const { batch } of decoder.feed(sent.subarray(at, at + cut))) received.push(batch);
        }
        const last = decoder.end();
        if (last !== undefined) received.push(last.batch);
        assert.deepEqual(rowsOf(received), rowsOf([given]));
      },
    ),
    { numRuns: 150 },
  );
});

test('rows that break off are an error', () => {
  const decoder = new Decoder([{ name: 'i', type: 'INTEGER' }], options);
  for (const _ of decoder.feed(Buffer.concat([copyHeader, Buffer.from('0001000000040000', 'hex')])));
  assert.throws(() => decoder.end(), { code: 'SOURCE_FAILED', retryable: true });
  const foreign = new Decoder([{ name: 'i', type: 'INTEGER' }], options);
  assert.throws(() => [...foreign.feed(Buffer.from('1\t2\n'.repeat(20)))], {
    code: 'SOURCE_FAILED',
    message: /binary COPY format/,
  });
});
