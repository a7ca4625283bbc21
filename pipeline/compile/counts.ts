import type { PlanNode } from '../../shared/plan/node.ts';
import type { RowOrKeyRule } from '../../shared/plan/nodes/judge.ts';
import type { LoadOutput } from '../../shared/plan/nodes/load.ts';
import { quotedName } from '../../shared/sql/text.ts';
import { quoteText } from '../../shared/sql/value.ts';
import type { DatasetRule, Rule } from '../records/document.ts';
import type { Extracted } from './extracted.ts';
import type { Judged } from './judged.ts';
import { isRowOrKey } from './rule-kinds.ts';
import { sql } from './sql-node.ts';

/** A `CountRow` in SQL, over one row of aggregates. */
interface Counted {
  readonly about: 'source' | 'output' | 'rule';
  readonly name: string;
  readonly rows: string;
  readonly rejected: string;
  readonly found?: string;
}

/** A relation of one row of counts, and what each of them means. */
interface Counting {
  readonly relation: PlanNode;
  readonly counted: readonly Counted[];
}

/** The output whose rows say what was counted: one aggregate over each relation, its row taken apart afterwards. */
export function countsOf(judged: Judged, sources: readonly Extracted[]): LoadOutput {
  const countings = [
    ...sources.map(ofSource),
    ...(judged.isJudged ? [ofRules(judged), ...ofFacts(judged)] : [ofOutput(judged)]),
  ];
  const named = countings.map((counting, i) => ({ ...counting, name: `c${i}` }));
  const rows = named.flatMap(({ name, counted }) => counted.map((one) => structOf(one, name)));
  const text = `SELECT unnest([${rows.join(', ')}], recursive := true) FROM ${named.map(({ name }) => name).join(', ')}`;
  const relations = Object.fromEntries(named.map(({ name, relation }) => [name, relation]));
  return {
    name: `counts of ${judged.output.name}`,
    input: sql(text, relations),
    sink: { connector: 'collect', options: {}, prepared: null, single: true },
  };
}

function structOf({ about, name, rows, rejected, found = 'NULL' }: Counted, relation: string): string {
  const column = (expression: string): string =>
    /^\w+$/.test(expression) && expression !== 'NULL' ? `${relation}.${expression}` : expression;
  const fields = [
    `about: ${quoteText(about)}`,
    `name: ${quoteText(name)}`,
    `"rows": ${column(rows)}::BIGINT`,
    `rejected: ${column(rejected)}::BIGINT`,
    `found: ${column(found)}::VARCHAR`,
  ];
  return `{${fields.join(', ')}}`;
}

function ofSource({ name, all, hasProvenance, cursorColumn }: Extracted): Counting {
  const rejected = hasProvenance ? 'count("_rejected")' : '0';
  const greatest = cursorColumn === undefined ? 'NULL' : `max(${quotedName(cursorColumn)})`;
  const text = `SELECT count(*) AS n, ${rejected} AS r, ${greatest}::VARCHAR AS f FROM extracted`;
  return {
    relation: sql(text, { extracted: all }),
    counted: [{ about: 'source', name, rows: 'n', rejected: 'r', found: 'f' }],
  };
}

const ofOutput = ({ output, rows }: Judged): Counting => ({
  relation: sql('SELECT count(*) AS n, 0 AS r FROM loaded', { loaded: rows }),
  counted: [{ about: 'output', name: output.name, rows: 'n', rejected: 'r' }],
});

function ofRules({ output: { name, rules }, rows }: Judged): Counting {
  const rejecting = rules.filter(isRowOrKey);
  const counts = rejecting.map((rule, i) => `, count(*) FILTER ("_rule" = ${quoteText(rule.name)}) AS r${i}`);
  const text = `SELECT count(*) AS n, count("_rule") AS r${counts.join('')} FROM judged`;
  return {
    relation: sql(text, { judged: rows }),
    counted: [
      { about: 'output', name, rows: 'n', rejected: 'r' },
      ...rejecting.map((rule, i) => ({ about: 'rule' as const, name: rule.name, rows: 'n', rejected: `r${i}` })),
    ],
  };
}

function ofFacts({ output: { rules }, good }: Judged): Counting[] {
  const facts = rules.filter(isDatasetRule);
  if (facts.length === 0) return [];
  const text = `SELECT count(*) AS n${facts.map((rule, i) => `, ${factSql(rule)} AS f${i}`).join('')} FROM good`;
  const counted = facts.map(({ name }, i) => ({
    about: 'rule' as const,
    name,
    rows: 'n',
    rejected: '0::BIGINT',
    found: `f${i}`,
  }));
  return [{ relation: sql(text, { good }), counted }];
}

const isDatasetRule = (rule: Rule): rule is Exclude<Rule, RowOrKeyRule> => !isRowOrKey(rule);

function factSql(rule: DatasetRule): string {
  if (rule.kind === 'rowCount') return 'NULL';
  if (rule.kind === 'dataset') return `(\n${rule.sql}\n)::BOOLEAN`;
  return `strftime(max(${quotedName(rule.column)})::TIMESTAMP, '%Y-%m-%dT%H:%M:%S.%gZ')`;
}
