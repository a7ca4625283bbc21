import { SheafError } from '../../../../shared/errors.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, type AstValue, find, isNode } from '../../../../shared/sql/ast.ts';
import type { PlanContext } from '../../context.ts';
import type { Dialect } from '../../dialect.ts';
import { inOwnLines, printExpression } from '../../expressions/tree.ts';
import { withEmptyRelations } from '../../sql/with-relations.ts';
import { describeOver } from '../describe.ts';
import { explained } from './errors.ts';
import type { Question } from './question.ts';

/**
 * The result's columns; equal names are told apart as DuckDB does it in a subquery. The user's own text is asked about
 * where it can be, so that columns without an alias are called as DuckDB calls them; else the text as DuckDB prints it.
 */
export function describeQuestion(question: Question, { dialect }: PlanContext): Schema {
  const own = describeOwnText(question, dialect);
  if (own !== undefined && !(own instanceof SheafError)) return own;
  const { tree, references, schemas } = question;
  // As subqueries, not in a WITH clause: DuckDB cannot decorrelate some joins of what stands in one.
  const sql = dialect.print(withEmptyRelations(namedByText(tree, dialect), references, schemas, dialect));
  try {
    return namedAsWritten(dialect.describe(`SELECT * FROM (\n${sql}\n)`), question.text);
  } catch (thrown) {
    throw explained(SheafError.from(thrown), own, question);
  }
}

/**
 * What reads a file in a subquery, and has no alias, is called by its text, which is not that of the empty table that
 * stands for the file. Tables stay the same objects, by which they are known.
 */
function namedByText<T extends AstValue>(value: T, dialect: Dialect): T {
  if (!readsFile(value)) return value;
  if (Array.isArray(value)) return value.map((item: AstValue) => namedByText(item, dialect)) as unknown as T;
  if (!isNode(value) || isTable(value)) return value;
  const parts = Object.entries(value).map(([key, child]) => {
    const items = key === 'select_list' && Array.isArray(child) ? child.map((item) => withName(item, dialect)) : child;
    return [key, namedByText(items, dialect)] as const;
  });
  return Object.fromEntries(parts) as unknown as T;
}

const isTable = ({ type }: AstNode): boolean => type === 'TABLE_FUNCTION' || type === 'BASE_TABLE';
const readsFile = (value: AstValue): boolean => find(value, isTable).length > 0;

const withName = (item: AstValue, dialect: Dialect): AstValue =>
  isNode(item) && item.alias === '' && item.class !== 'STAR' && readsFile(item)
    ? { ...item, alias: printExpression(dialect, item) }
    : item;

/** A printed tree has arrows for all functions; DuckDB calls a column without an alias by what was written. */
const namedAsWritten = (schema: Schema, text: string): Schema =>
  /\blambda\b/i.test(text)
    ? schema.map(({ name, type }) => ({ name: name.replace(arrow, '(lambda $1$2: '), type }))
    : schema;

/** `(v -> ` or `("row"(x, y) -> ` */
const arrow = /\((?:"row"\(([\w, ]+?)\)|(\w+)) -> /g;

/** Described with tables that are named as in the text; nothing where files stand in it otherwise. */
function describeOwnText(
  { text, tree, references, schemas }: Question,
  dialect: Dialect,
): Schema | SheafError | undefined {
  const relations = references.map(({ name }, i) => ({ name, schema: schemas[i] ?? [] }));
  if (relations.length === 0 || references.some(({ node }) => node.type !== 'BASE_TABLE')) return undefined;
  // A list of columns in a call is printed with the name of its table: that of a file is not what stands in the text.
  if (find(tree, ({ type }) => type === 'OPERATOR_UNPACK').length > 0) return undefined;
  const unique = relations.filter(({ name }, i) => relations.findIndex((other) => other.name === name) === i);
  try {
    return describeOver(dialect, unique, `SELECT * FROM (\n${text.replace(/(\s*;)+\s*$/, '')}\n)`);
  } catch (thrown) {
    return inOwnLines(SheafError.from(thrown));
  }
}
