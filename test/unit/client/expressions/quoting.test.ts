import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { quoteName } from '../../../../client/expressions/identifier.ts';
import { col, lit, sql } from '../../../../client/index.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import { type Literal, quoteLiteral } from '../../../../shared/sql/value.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

/** What the SQL expression yields, as text. */
const asText = (expression: string): unknown => connection.rows(`select (${expression})::varchar as v`)[0]?.v;
const nasty = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', ';', '--', '/*', '*/', '$$', '\n', '\0', ' or 1=1', 'é', '\u{1f600}'),
  }),
);

test('any text is itself again as a literal', () => {
  fc.assert(
    fc.property(nasty, (text) => {
      // Compared inside DuckDB, by its bytes: what comes back as C text would end at a NUL.
      const hex = Buffer.from(text).toString('hex').toUpperCase();
      assert.equal(asText(`hex(${quoteLiteral(text)})`), hex);
    }),
  );
});

test('any name is one column, and nothing else', () => {
  const names = nasty.filter((name) => name !== '' && !name.includes('\0'));
  fc.assert(
    fc.property(names, (name) => {
      const columns = connection.describe(`select ${col(name).sql} from (select 42 as ${quoteName(name)})`);
      assert.deepEqual(columns, [{ name, type: 'INTEGER' }]);
    }),
  );
});

test('any number is exactly itself again', () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      const bits = Buffer.alloc(8);
      bits.writeDoubleBE(value);
      const same = Number.isNaN(value)
        ? `isnan(${quoteLiteral(value)})`
        : `${quoteLiteral(value)}::double = '${value}'::double and signbit(${quoteLiteral(value)}::double) = ${Object.is(value, -0) || value < 0}`;
      assert.equal(asText(same), 'true', `${value}`);
    }),
  );
});

test('whole numbers are integers, others doubles', () => {
  const types = [1, -5, 2 ** 31, 1.5, -0.25, 1e300, Number.NaN, 2n ** 100n].map(
    (value) => connection.describe(`select ${lit(value).sql} as v`)[0]?.type,
  );
  assert.deepEqual(types, ['INTEGER', 'INTEGER', 'BIGINT', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'DOUBLE', 'HUGEINT']);
});

test('dates and bytes keep their values and types', () => {
  const date = quoteLiteral(new Date('2001-02-03T04:05:06.789Z'));
  assert.equal(asText(date), '2001-02-03 04:05:06.789');
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.equal(asText(`hex(${quoteLiteral(bytes)})`), Buffer.from(bytes).toString('hex').toUpperCase());
    }),
  );
});

test('values that SQL cannot hold are refused', () => {
  for (const value of [2n ** 127n, new Date(Number.NaN), '\ud800']) {
    assert.throws(() => lit(value), { code: 'PLAN_INVALID' });
  }
  for (const value of [{ a: 1 }, [1], undefined, () => 1] as unknown as Literal[])
    assert.throws(() => quoteLiteral(value), { code: 'PLAN_INVALID', message: /no text, number/ });
  for (const name of ['', 'a\0b', '\udfff']) assert.throws(() => col(name), { code: 'PLAN_INVALID' });
});

test('values in a template have no effect as SQL', () => {
  const text = "x' or true --";
  assert.equal(asText(sql`${text} = ${'x'}`.sql), 'false');
});
