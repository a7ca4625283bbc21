/**
 * Types of PostgreSQL in DuckDB's words, by the object ids of `pg_type` (those of built-in types never change). What
 * has no type of its own there is read as text.
 */
export function duckdbTypeOf(oid: number, modifier: number): string {
  const element = elements[oid];
  if (element !== undefined) return `${duckdbTypeOf(element, modifier)}[]`;
  return oid === numericOid ? decimalType(modifier) : (plain[oid] ?? 'VARCHAR');
}

const numericOid = 1700;

const plain: Readonly<Record<number, string>> = {
  16: 'BOOLEAN',
  17: 'BLOB',
  20: 'BIGINT',
  21: 'SMALLINT',
  23: 'INTEGER',
  26: 'BIGINT', // oid
  114: 'JSON',
  700: 'FLOAT',
  701: 'DOUBLE',
  1082: 'DATE',
  1083: 'TIME',
  1114: 'TIMESTAMP',
  1184: 'TIMESTAMP WITH TIME ZONE',
  1186: 'INTERVAL',
  1266: 'TIME WITH TIME ZONE',
  2950: 'UUID',
  3802: 'JSON',
};

/** Arrays, and the types of their elements. Arrays of other types are read as text. */
const elements: Readonly<Record<number, number>> = {
  ...{ 199: 114, 1000: 16, 1001: 17, 1003: 19, 1005: 21, 1007: 23, 1009: 25, 1014: 1042, 1015: 1043, 1016: 20 },
  ...{ 1021: 700, 1022: 701, 1115: 1114, 1182: 1082, 1183: 1083, 1185: 1184, 1187: 1186, 1231: numericOid },
  ...{ 1270: 1266, 2951: 2950, 3807: 3802 },
};

/** Without precision, or with more than DuckDB has, a numeric is a double. `modifier` as `atttypmod` holds it. */
function decimalType(modifier: number): string {
  const precision = (modifier - 4) >> 16;
  const scale = (modifier - 4) & 0x7ff;
  return modifier >= 4 && precision <= 38 && scale <= precision ? `DECIMAL(${precision},${scale})` : 'DOUBLE';
}
