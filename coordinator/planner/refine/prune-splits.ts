import { type AstNode, rewrite, textsOf } from '../../../shared/sql/ast.ts';
import { literal } from '../../../shared/sql/text.ts';
import { sourceOf } from '../bind/source.ts';
import type { Bound, BoundColumn, BoundOf } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { hasStar, namesIn } from '../expressions/tree.ts';
import type { SplitStatistics } from '../source.ts';
import { type MatchTest, matchTest } from './can-match.ts';

/**
 * Leaves out the splits of scans that no row of can meet the filters above them, as the files' statistics say: no task
 * is planned for them.
 */
export function pruneSplits(bound: Bound, context: PlanContext): Bound {
  return pruned(bound, [], context);
}

/** @param trees conditions that hold of the operator's rows in its result, in terms of its columns */
function pruned(bound: Bound, trees: readonly AstNode[], context: PlanContext): Bound {
  if (isScan(bound)) return prunedScan(bound, trees, context);
  const { operator } = bound;
  const below =
    operator.kind === 'filter'
      ? [...trees, operator.predicate.tree]
      : operator.kind === 'project'
        ? trees.flatMap((tree) => inTermsOf(operator.columns, tree))
        : [];
  return { ...bound, inputs: bound.inputs.map((input) => pruned(input, below, context)) };
}

const isScan = (bound: Bound): bound is BoundOf<'scan'> => bound.operator.kind === 'scan';

/** The condition with a projection's columns in place of their names, where they only rename. */
function inTermsOf(columns: readonly BoundColumn[], tree: AstNode): AstNode[] {
  const renamed = new Map(columns.map(({ name, tree }) => [name.toLowerCase(), tree]));
  const isPlain = (name: string): boolean => renamed.get(name)?.class === 'COLUMN_REF';
  if (hasStar(tree) || ![...namesIn(tree)].every(isPlain)) return [];
  const nameOf = (node: AstNode): string => textsOf(node.column_names).join('.').toLowerCase();
  return [rewrite(tree, (node) => (node.class === 'COLUMN_REF' ? renamed.get(nameOf(node)) : undefined))];
}

function prunedScan(scan: BoundOf<'scan'>, trees: readonly AstNode[], context: PlanContext): Bound {
  const { splits, statistics } = sourceOf(scan.operator.scan, context);
  if (statistics === undefined || trees.length === 0) return scan;
  const test = matchTest(trees, scan.schema, context.dialect);
  if (test === undefined) return scan;
  const kept = matching(test, test.columns.map(statistics), splits.length, context);
  if (kept.length === splits.length) return scan;
  return { ...scan, operator: { ...scan.operator, splits: kept.flatMap((i) => splits[i] ?? []) } };
}

/** Statements longer than this many rows take DuckDB's parser long. */
const rowsMax = 2000;

/** Numbers of the splits that may hold a row that matches: DuckDB compares the statistics as it compares rows. */
function matching(
  test: MatchTest,
  statistics: readonly (readonly SplitStatistics[])[],
  count: number,
  { dialect }: PlanContext,
): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i);
  const kept: number[] = [];
  try {
    for (let from = 0; from < count; from += rowsMax) {
      const sql = testSql(test, statistics, numbers.slice(from, from + rowsMax));
      kept.push(...dialect.evaluate(sql).map(({ i }) => Number(i)));
    }
    return kept;
  } catch {
    return numbers; // a value that cannot be computed: the tasks will say so in the words of the question
  }
}

function testSql(
  { sql, columns }: MatchTest,
  statistics: readonly (readonly SplitStatistics[])[],
  numbers: readonly number[],
): string {
  const rows = numbers.map((i) => `(${[i, ...statistics.map((each) => valuesOf(each[i]))].join(', ')})`);
  const names = columns.map((_, i) => `a${i}, b${i}, all_null${i}, no_null${i}`);
  const typed = columns.map(
    ({ type }, i) => `TRY_CAST(a${i} AS ${type}) AS min${i}, TRY_CAST(b${i} AS ${type}) AS max${i}`,
  );
  const flags = columns.map((_, i) => `all_null${i}, no_null${i}`);
  const from = `(VALUES ${rows.join(', ')}) AS s(${['i', ...names].join(', ')})`;
  return `SELECT i FROM (SELECT ${['i', ...typed, ...flags].join(', ')} FROM ${from}) WHERE ${sql} ORDER BY i`;
}

function valuesOf(statistics: SplitStatistics): string {
  if (statistics === undefined) return 'NULL, NULL, false, false';
  const { min, max, allNull, noNull } = statistics;
  const bound = (text: string | null): string => (text === null ? 'NULL' : literal(text));
  return `${bound(min)}, ${bound(max)}, ${allNull}, ${noNull}`;
}
