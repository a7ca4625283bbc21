import type { Schema } from '../../../../shared/schema.ts';
import { type AstNode, find, isNode, nodesOf, rewrite, textsOf } from '../../../../shared/sql/ast.ts';
import { describeOver } from '../../bind/describe.ts';
import type { BoundOf, OperatorOf } from '../../bound/plan.ts';
import type { Dialect } from '../../dialect.ts';
import { printExpression } from '../../expressions/tree.ts';
import { type Comparison, keptSides } from '../../stages/choices.ts';
import { asTheyAre, heldBy } from '../placement.ts';

/** SQL over each side such that rows which meet have equal values there: what both sides are hashed by. */
export interface JoinKeys {
  readonly left: readonly string[];
  readonly right: readonly string[];
  readonly comparisons: readonly Comparison[];
}

/** Of the condition's equalities, those between one side and the other whose types have one hash. */
export function joinKeys(bound: BoundOf<'join'>, dialect: Dialect): JoinKeys {
  const schemas = { l: bound.inputs[0]?.schema ?? [], r: bound.inputs[1]?.schema ?? [] };
  const keys = conjuncts(bound.operator.condition.tree).flatMap((node): Key[] => {
    const pair = pairOf(node, schemas);
    const key = pair && keyOf(pair, schemas, dialect);
    return key === undefined
      ? []
      : [{ ...key, comparison: node.type === 'COMPARE_EQUAL' ? '=' : 'IS NOT DISTINCT FROM' }];
  });
  return {
    left: keys.map(({ l }) => l),
    right: keys.map(({ r }) => r),
    comparisons: keys.map(({ comparison }) => comparison),
  };
}

type Key = Sides<string> & { readonly comparison: Comparison };

/** For each key the output's columns that hold it in all rows: not those of a side whose rows may be missing. */
export function columnsOfKeys(
  { left, right }: Pick<JoinKeys, 'left' | 'right'>,
  { type, columns }: OperatorOf<'join'>,
): string[][] {
  const held = (key: string, side: 'l' | 'r'): string[] =>
    keptSides[type].includes(side) ? heldBy(key, asTheyAre(columns.filter((column) => column.side === side))) : [];
  return left.map((key, i) => [...held(key, 'l'), ...held(right[i] ?? '', 'r')]);
}

type Sides<T> = Readonly<Record<'l' | 'r', T>>;

const conjuncts = (node: AstNode): AstNode[] =>
  node.type === 'CONJUNCTION_AND' ? nodesOf(node.children).flatMap(conjuncts) : [node];

const equalities: ReadonlySet<unknown> = new Set(['COMPARE_EQUAL', 'COMPARE_NOT_DISTINCT_FROM']);

function pairOf(node: AstNode, schemas: Sides<Schema>): Sides<AstNode> | undefined {
  const { left, right } = node;
  if (!equalities.has(node.type) || !isNode(left) || !isNode(right)) return undefined;
  const [a, b] = [sideOf(left, schemas), sideOf(right, schemas)];
  if (a === 'l' && b === 'r') return { l: left, r: right };
  return a === 'r' && b === 'l' ? { l: right, r: left } : undefined;
}

/** The one side of which an expression speaks. */
function sideOf(node: AstNode, schemas: Sides<Schema>): 'l' | 'r' | undefined {
  if (find(node, ({ class: kind }) => kind === 'SUBQUERY' || kind === 'LAMBDA').length > 0) return undefined;
  const references = find(node, ({ class: kind }) => kind === 'COLUMN_REF').map(({ column_names }) =>
    textsOf(column_names),
  );
  const sides = new Set(references.map((names) => referencedSide(names, schemas)));
  const [side, ...more] = sides;
  return more.length === 0 ? side : undefined;
}

function referencedSide(names: readonly string[], schemas: Sides<Schema>): 'l' | 'r' | undefined {
  const [first = '', second] = names.map((name) => name.toLowerCase());
  if (second !== undefined && (first === 'l' || first === 'r') && hasColumn(schemas[first], second)) return first;
  const [inLeft, inRight] = [hasColumn(schemas.l, first), hasColumn(schemas.r, first)];
  return inLeft === inRight ? undefined : inLeft ? 'l' : 'r';
}

const hasColumn = (schema: Schema, wanted: string): boolean => schema.some(({ name }) => name.toLowerCase() === wanted);

/**
 * Both expressions over their own relation, cast to their common type: `hash(1::INTEGER)` and `hash(1::DOUBLE)` differ.
 * The cast is tried: a value that does not fit has no partner, and DuckDB's own comparison says so if it must.
 */
function keyOf(pair: Sides<AstNode>, schemas: Sides<Schema>, dialect: Dialect): Sides<string> | undefined {
  const l = printExpression(dialect, withoutAlias(pair.l, 'l', schemas.l));
  const r = printExpression(dialect, withoutAlias(pair.r, 'r', schemas.r));
  const [left, right] = [typeOf(l, schemas.l, dialect), typeOf(r, schemas.r, dialect)];
  if (left === right) return { l, r };
  const common = commonType(left, right, dialect);
  return common === undefined ? undefined : { l: `TRY_CAST(${l} AS ${common})`, r: `TRY_CAST(${r} AS ${common})` };
}

const withoutAlias = (tree: AstNode, side: string, schema: Schema): AstNode =>
  rewrite(tree, (node) => {
    const names = textsOf(node.column_names);
    const isQualified = names.length > 1 && names[0]?.toLowerCase() === side;
    if (node.class !== 'COLUMN_REF' || !isQualified || !hasColumn(schema, (names[1] ?? '').toLowerCase()))
      return undefined;
    return { ...node, column_names: names.slice(1) };
  });

const typeOf = (sql: string, schema: Schema, dialect: Dialect): string =>
  describeOver(dialect, [{ name: 'input', schema }], `SELECT ${sql} AS k FROM input`)[0]?.type ?? '';

const numeric = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(.*\)|FLOAT|DOUBLE)$/;

/**
 * Among numbers, the type in which DuckDB compares them or one that is coarser: equal values stay equal in either.
 * Other types that differ are compared by rules (text to number, dates to zoned timestamps) that are not guessed here.
 */
function commonType(left: string, right: string, dialect: Dialect): string | undefined {
  if (numeric.test(left) && numeric.test(right)) {
    const floating = ['FLOAT', 'DOUBLE'].find((type) => left === type || right === type);
    return floating ?? widest(left, right, dialect);
  }
  return new Set([left, right, 'DATE', 'TIMESTAMP']).size === 2 ? 'TIMESTAMP' : undefined;
}

const widest = (left: string, right: string, dialect: Dialect): string | undefined =>
  describeOver(
    dialect,
    [
      {
        name: 'input',
        schema: [
          { name: 'a', type: left },
          { name: 'b', type: right },
        ],
      },
    ],
    'SELECT [a, b] AS k FROM input',
  )[0]?.type.replace(/\[\]$/, '');
