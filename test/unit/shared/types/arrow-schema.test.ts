import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import type { Field } from 'apache-arrow';
import { toColumns } from '../../../../client/upload/columns.ts';
import { formatOfType } from '../../../../shared/arrow/c-format.ts';
import { Connection } from '../../../../shared/duckdb/connection.ts';
import { Database } from '../../../../shared/duckdb/database.ts';
import { toArrowSchema } from '../../../../shared/types/arrow-schema.ts';
import { parseType } from '../../../../shared/types/type-text.ts';

const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(tmpdir(), `sheaf-${process.pid}`) });
const connection = Connection.open(database.address);
after(() => {
  connection[Symbol.dispose]();
  database[Symbol.dispose]();
});

const types = [
  ...['boolean', 'bool', 'tinyint', 'smallint', 'integer', 'int', 'bigint', 'hugeint', 'int8'],
  ...['utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint', 'float', 'real', 'double', 'float8'],
  ...['decimal', 'decimal(4,2)', 'numeric(9)', 'DECIMAL(18, 3)', 'decimal(38,10)', 'bignum', 'bit', 'blob', 'bytea'],
  ...['varchar', 'text', 'varchar(10)', 'json', 'uuid', 'date', 'time', 'timetz', 'time with time zone', 'time_ns'],
  ...['timestamp', 'datetime', 'timestamp_s', 'timestamp_ms', 'timestamp_ns', 'timestamptz'],
  ...['timestamp with time zone', 'interval', "enum('a', 'b,(''')", "enum('a')[]", 'integer[]', 'varchar[3][]'],
  ...[
    'struct(a integer, "b ""c, (" varchar[])',
    'map(varchar, struct(x hugeint))',
    'struct(m map(uuid, decimal(5,1)))',
  ],
];

/** A field as plain data, its type in the words of the C Data Interface. */
const plain = ({ name, type, nullable, metadata }: Field): unknown => ({
  name,
  nullable,
  metadata: Object.fromEntries(metadata),
  format: formatOfType(type),
  children: (type.children ?? []).map(plain),
});

test('a type has the Arrow field that DuckDB gives it', () => {
  for (const type of types) {
    using query = connection.query(`select null::${type} as x`);
    const columns = query.columns;
    assert.deepEqual(toArrowSchema(columns).fields.map(plain), query.schema.fields.map(plain), type);
    if (type.includes('enum')) continue; // The text beside the column is then the user's own.
    assert.deepEqual(toArrowSchema([{ name: 'x', type }]).fields.map(plain), query.schema.fields.map(plain), type);
  }
});

test('a field has the type that DuckDB reads it as', () => {
  for (const type of types) {
    using query = connection.query(`select null::${type} as x`);
    assert.deepEqual(toColumns(query.schema), query.columns, type);
  }
});

test('what is no type is refused', () => {
  for (const text of ['', '1', 'struct(a)', 'map(x)', 'a; drop']) {
    assert.throws(() => parseType(text), { code: 'PLAN_INVALID' }, text);
  }
  assert.throws(() => toArrowSchema([{ name: 'x', type: 'nonsense' }]), { code: 'NOT_SUPPORTED', message: /Column x/ });
});
