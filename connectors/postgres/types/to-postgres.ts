import { parseType, type TypeText } from '../../../shared/types/type-text.ts';

/**
 * The type of PostgreSQL that holds all values of a DuckDB type, the narrowest there is. What PostgreSQL has nothing
 * for (structs, maps, lists of lists) becomes `jsonb`; bit strings and enums become text.
 */
export const postgresTypeOf = (duckdbType: string): string => typeOf(parseType(duckdbType));

function typeOf(type: TypeText): string {
  switch (type.kind) {
    case 'plain':
      return plainType(type.name, type.parameters);
    case 'list':
    case 'array':
      return type.element.kind === 'plain' ? `${typeOf(type.element)}[]` : 'jsonb';
    default:
      return 'jsonb';
  }
}

function plainType(
  name: string,
  [precision = '18', scale = precision === '18' ? '3' : '0']: readonly string[],
): string {
  if (/^(DECIMAL|NUMERIC|DEC)$/.test(name)) return `numeric(${precision},${scale})`;
  return plain[name] ?? 'text';
}

const named = (type: string, ...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, type]));

const plain: Readonly<Record<string, string>> = {
  ...named('boolean', 'BOOLEAN', 'BOOL', 'LOGICAL'),
  ...named('smallint', 'TINYINT', 'INT1', 'UTINYINT', 'UINT8', 'SMALLINT', 'INT2', 'SHORT', 'INT16'),
  ...named('integer', 'USMALLINT', 'UINT16', 'INTEGER', 'INT', 'INT4', 'SIGNED', 'INT32'),
  ...named('bigint', 'UINTEGER', 'UINT32', 'BIGINT', 'INT8', 'LONG', 'INT64'),
  ...named('numeric(20,0)', 'UBIGINT', 'UINT64'),
  ...named('numeric(39,0)', 'HUGEINT', 'INT128', 'UHUGEINT', 'UINT128'),
  ...named('real', 'FLOAT', 'FLOAT4', 'REAL'),
  ...named('double precision', 'DOUBLE', 'FLOAT8'),
  ...named('bytea', 'BLOB', 'BYTEA', 'BINARY', 'VARBINARY'),
  ...named('date', 'DATE'),
  ...named('time', 'TIME', 'TIME WITHOUT TIME ZONE', 'TIME_NS'),
  ...named('timetz', 'TIMETZ', 'TIME WITH TIME ZONE'),
  ...named('timestamp', 'TIMESTAMP', 'DATETIME', 'TIMESTAMP_US', 'TIMESTAMP WITHOUT TIME ZONE'),
  ...named('timestamp', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS'),
  ...named('timestamptz', 'TIMESTAMPTZ', 'TIMESTAMP WITH TIME ZONE'),
  ...named('interval', 'INTERVAL'),
  ...named('uuid', 'UUID'),
  ...named('jsonb', 'JSON'),
};
