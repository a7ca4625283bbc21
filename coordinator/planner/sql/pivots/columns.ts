import { type AstNode, isNode, nodesOf } from '../../../../shared/sql/ast.ts';
import type { Dialect } from '../../dialect.ts';
import { printExpression } from '../../expressions/tree.ts';
import { NotDistributed } from '../lower/names/names.ts';

/** One column that a PIVOT makes for each of its aggregates: its name, and of which texts of the pivoted columns it is. */
export interface PivotedValue {
  readonly name: string;
  /** One for each pivoted expression; null means null. */
  readonly texts: readonly (string | null)[];
}

/** What a PIVOT makes columns of: every combination of the values of its columns, the last one changing first. */
export function pivotedValues(pivots: readonly AstNode[], dialect: Dialect): PivotedValue[] {
  const columns = pivots.map(({ entries }) => nodesOf(entries).map((entry) => entryValue(entry, dialect)));
  const count = columns.reduce((product, values) => product * values.length, 1);
  if (count > columnsMax) throw new NotDistributed(`it pivots on more than ${columnsMax} values`);
  return columns.reduce<PivotedValue[]>(
    (before, values) =>
      before.flatMap((left) =>
        values.map((right) => ({
          name: left.name === '' ? right.name : `${left.name}_${right.name}`,
          texts: [...left.texts, ...right.texts],
        })),
      ),
    [{ name: '', texts: [] }],
  );
}

/** Past so many, to compare each row with each value takes longer than one task that looks values up. */
const columnsMax = 1_000;

function entryValue({ values, alias }: AstNode, dialect: Dialect): PivotedValue {
  const texts = nodesOf(values).map((value) => textOf(value, dialect));
  return { name: String(alias) || texts.map((text) => text ?? 'NULL').join('_'), texts };
}

function textOf(value: AstNode, dialect: Dialect): string | null {
  if (value.is_null === true) return null;
  const type = isNode(value.type) ? value.type.id : undefined;
  if (type === 'VARCHAR' || type === 'INTEGER') return String(value.value);
  const constant = { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias: '', value };
  const [row] = dialect.evaluate(`SELECT CAST(${printExpression(dialect, constant)} AS VARCHAR) AS text`);
  return String(row?.text);
}

/**
 * DuckDB compares the texts of all pivoted expressions as one, joined by `_`, where there are many values: different ones
 * may be equal then, and one that begins with an empty text is not found, for the column's name leaves out its `_`.
 */
export const mayBeConfused = (values: readonly PivotedValue[]): boolean =>
  values.some(({ texts }) => {
    const joined = texts.map((text) => text ?? 'NULL');
    const isEmpty = texts.length > 1 && joined[0] === '';
    return isEmpty || joined.includes('NULL') || joined.join('_').split('_').length !== texts.length;
  });
