import type { Json } from '../../shared/json.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { Schema } from '../../shared/schema.ts';
import { quotedName } from '../../shared/sql/text.ts';
import { sql } from '../compile/sql-node.ts';
import type { Row } from './compare.ts';

/** Rows as text, column by column: what JSON cannot say (dates, decimals) DuckDB reads from its own spelling. */
export const asText = (rows: readonly Row[], schema: Schema): Record<string, string | null>[] =>
  rows.map((row) => Object.fromEntries(schema.map(({ name }) => [name, textOf(row[name] ?? null)])));

function textOf(value: Json): string | null {
  if (value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** The rows with the types that the source says. */
export function typed(text: PlanNode, schema: Schema): PlanNode {
  const columns = schema.map(({ name, type }) => `${cast(quotedName(name), type)} AS ${quotedName(name)}`);
  return sql(`SELECT ${columns.join(', ')} FROM given`, { given: text });
}

const isNested = (type: string): boolean => /\[\d*\]$|^(STRUCT|MAP)\b/i.test(type.trim());
const cast = (name: string, type: string): string =>
  isNested(type) ? `CAST(${name}::JSON AS ${type})` : `CAST(${name} AS ${type})`;
