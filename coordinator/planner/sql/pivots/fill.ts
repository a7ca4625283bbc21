import { type AstNode, find, isNode, nodesOf, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import { literal } from '../../../../shared/sql/text.ts';
import { tokenize } from '../../../../shared/sql/tokens.ts';
import type { Dialect } from '../../dialect.ts';
import { columnNamed } from '../../expressions/tree.ts';
import { type Mark, markPivots } from './marks.ts';
import { asTable, selectOf, starWithout } from './trees.ts';

/** SQL text as one SELECT, in which marks stand for the values of PIVOTs that have none. */
export interface ParsedPivots {
  readonly tree: AstNode;
  readonly text: string;
  readonly marks: readonly Mark[];
}

/**
 * Parses a question. Of a PIVOT without values DuckDB's parser makes two statements: it is parsed with marks in their place.
 *
 * @throws SheafError `SQL_INVALID`
 */
export function parsePivots(text: string, dialect: Dialect): ParsedPivots {
  try {
    return { tree: dialect.parse(text), text, marks: [] };
  } catch (thrown) {
    const { text: marked, marks } = /pivot/i.test(text) ? markPivots(text) : { text, marks: [] };
    const tree = marks.length === 0 ? undefined : parsed(marked, dialect);
    if (tree === undefined || !marks.every(({ name }) => pivotsOf(tree, name).length === 1)) throw thrown;
    return { tree, text: marked, marks };
  }
}

function parsed(text: string, dialect: Dialect): AstNode | undefined {
  try {
    return dialect.parse(text);
  } catch {
    return undefined; // what is wrong is said of the text as it was written
  }
}

/** The PIVOTs of which a column has a mark. */
export const pivotsOf = (tree: AstNode, mark: string): AstNode[] =>
  find(tree, (node) => node.type === 'PIVOT' && nodesOf(node.pivots).some(({ pivot_enum: name }) => name === mark));

/** Values in place of marks, by their names: in the tree as constants, in the text as a list of literals. */
export function fillMarks(
  { tree, text }: Omit<ParsedPivots, 'marks'>,
  values: ReadonlyMap<string, readonly string[]>,
  dialect: Dialect,
): Omit<ParsedPivots, 'marks'> {
  if (values.size === 0) return { tree, text };
  const filled = filledTree(tree, values, dialect);
  // A list in SQL text has at least one value.
  if ([...values.values()].some((list) => list.length === 0)) return { tree: filled, text: dialect.print(filled) };
  const tokens = tokenize(text).map(({ kind, sql }) => {
    const list = kind === 'word' ? values.get(sql) : undefined;
    return list === undefined ? sql : `(${list.map(literal).join(', ')})`;
  });
  return { tree: filled, text: tokens.join('') };
}

const filledTree = (tree: AstNode, values: ReadonlyMap<string, readonly string[]>, dialect: Dialect): AstNode =>
  rewrite(tree, (node) => {
    const isMarked = node.type === 'PIVOT' && nodesOf(node.pivots).some((each) => values.has(String(each.pivot_enum)));
    if (!isMarked) return undefined;
    const inner = Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, isNode(value) ? filledTree(value, values, dialect) : value]),
    );
    const pivots = nodesOf(node.pivots).map((each) => withValues(each, values.get(String(each.pivot_enum))));
    const filled = { ...inner, pivots };
    return pivots.some((each) => each.pivot_enum === '' && nodesOf(each.entries).length === 0)
      ? withoutPivots(filled, dialect)
      : filled;
  });

const withValues = (pivot: AstNode, values: readonly string[] | undefined): AstNode =>
  values === undefined
    ? pivot
    : {
        ...pivot,
        pivot_enum: '',
        entries: values.map((value) => ({ values: [text(value)], star_expr: null, alias: '' })),
      };

const text = (value: string): AstNode => ({ type: { id: 'VARCHAR', type_info: null }, is_null: false, value });

/** A PIVOT on no value at all: its groups alone. */
function withoutPivots(pivot: AstNode, dialect: Dialect): AstNode {
  const groups = textsOf(pivot.groups);
  const list = groups.map((name) => columnNamed(name));
  return asTable(
    pivot,
    {
      ...selectOf('SELECT DISTINCT * FROM t', dialect),
      select_list: groups.length > 0 ? list : [starWithout(pivot, dialect)],
      from_table: pivot.source ?? null,
    },
    dialect,
  );
}
