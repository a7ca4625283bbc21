import type { PlanNode, PlanOf } from '../../../shared/plan/node.ts';
import type { NamedExpression } from '../../../shared/plan/nodes/expression.ts';
import type {
  ForeignKeyRule,
  FunctionRule,
  NamedRule,
  RowOrKeyRule,
  RowRule,
  UniqueRule,
} from '../../../shared/plan/nodes/judge.ts';
import { literal, quotedName } from '../../../shared/sql/text.ts';
import type { Bound } from '../bound/plan.ts';
import type { PlanContext } from '../context.ts';
import { carries, carry } from './carry.ts';
import { describeOver, unknownColumn } from './describe.ts';
import { bindExpression, explainError } from './expression.ts';

interface Binding {
  readonly bindPlan: (plan: PlanNode) => Bound;
  /** A plan that stands for what is bound already. */
  readonly planOf: (bound: Bound) => PlanNode;
  readonly context: PlanContext;
}

/**
 * Checks as ordinary operators: rules about a row become a column of each row, keys are counted in windows, and a
 * foreign key is looked up in a join. A row is told by the first rule that it breaks; rules about rows come before
 * those about keys.
 *
 * @throws SheafError `COLUMN_UNKNOWN`, `SQL_INVALID`, each naming the rule
 */
export function bindJudge({ input, rules }: PlanOf<'judge'>, binding: Binding): Bound {
  const given = binding.bindPlan(input);
  const columns = given.schema.map(({ name }) => name);
  for (const rule of rules) check(rule, given, binding);
  const carried = carry(given);
  let plan = placed(binding.planOf(carried), columns, carries(carried));
  plan = byRow(
    plan,
    rules.filter((rule) => rule.kind === 'row'),
  );
  for (const [i, rule] of rules.entries()) {
    if (rule.kind === 'function') plan = byFunction(plan, rule, i);
    if (rule.kind === 'unique') plan = byKey(plan, rule, i);
    if (rule.kind === 'foreignKey') plan = byReference(plan, rule, i);
  }
  return binding.bindPlan(told(plan, columns));
}

/** The input's columns, and where each row came from. */
function placed(input: PlanNode, columns: readonly string[], isKnown: boolean): PlanNode {
  const places = [
    { name: '_source', sql: isKnown ? '_source' : 'NULL::VARCHAR' },
    { name: '_position', sql: isKnown ? '_position' : 'NULL::BIGINT' },
  ];
  return { kind: 'project', input, columns: [...columns.map(itself), ...places] };
}

function byRow(input: PlanNode, rules: readonly (NamedRule & RowRule)[]): PlanNode {
  const cases = (then: (rule: NamedRule & RowRule) => string): string =>
    rules.length === 0
      ? 'NULL::VARCHAR'
      : `CASE ${rules.map((rule) => `WHEN NOT (\n${rule.sql}\n) THEN ${then(rule)}`).join(' ')} END`;
  const columns = [
    { name: '_rule', sql: cases(({ name }) => literal(name)) },
    { name: '_reason', sql: cases(({ columns, complaint }) => reason(columns, complaint)) },
  ];
  return { kind: 'extend', input, columns };
}

/** What the function says of each row becomes a column of it. */
function byFunction(rows: PlanNode, { name, function: called }: NamedRule & FunctionRule, nth: number): PlanNode {
  const verdict = `_check${nth}`;
  const columns = called.args.map((arg) => arg.name);
  const text = `SELECT *, "${called.name}"(${columns.map(quotedName).join(', ')}) AS ${quotedName(verdict)} FROM rows`;
  const checked: PlanNode = { kind: 'sql', text, relations: [{ name: 'rows', plan: rows }], functions: [called] };
  return rejecting(checked, name, [`NOT ${quotedName(verdict)}`], reason(columns, `is refused by ${name}`));
}

/** The first row of a key stays, of those that are good otherwise. */
function byKey(input: PlanNode, { name, columns }: NamedRule & UniqueRule, nth: number): PlanNode {
  const place = `_place${nth}`;
  const keys = columns.map(quotedName).join(', ');
  const sql = `row_number() OVER (PARTITION BY ${keys}, "_rule" IS NULL ORDER BY "_source", "_position")`;
  const numbered: PlanNode = { kind: 'window', input, columns: [{ name: place, sql }] };
  return rejecting(
    numbered,
    name,
    [...present(columns), `${quotedName(place)} > 1`],
    reason(columns, 'is there already'),
  );
}

function byReference(left: PlanNode, rule: NamedRule & ForeignKeyRule, nth: number): PlanNode {
  const { name, columns, plan, references } = rule;
  const isKnown = `_is_known${nth}`;
  const names = references.map((_, i) => `_key${nth}_${i}`);
  const keys = references.map((reference, i) => ({ name: names[i] ?? '', sql: quotedName(reference) }));
  const known: PlanNode = { kind: 'distinct', input: { kind: 'project', input: plan, columns: keys } };
  const right: PlanNode = { kind: 'extend', input: known, columns: [{ name: isKnown, sql: 'true' }] };
  const sql = columns.map((column, i) => `l.${quotedName(column)} = r.${quotedName(names[i] ?? '')}`).join(' AND ');
  const joined: PlanNode = { kind: 'join', type: 'left', left, right, on: { kind: 'condition', sql } };
  const conditions = [...present(columns), `${quotedName(isKnown)} IS NULL`];
  return rejecting(joined, name, conditions, reason(columns, 'refers to nothing'));
}

function rejecting(input: PlanNode, rule: string, conditions: readonly string[], because: string): PlanNode {
  const isBroken = ['"_rule" IS NULL', ...conditions].join(' AND ');
  const columns = [
    { name: '_rule', sql: `CASE WHEN ${isBroken} THEN ${literal(rule)} ELSE "_rule" END` },
    { name: '_reason', sql: `CASE WHEN ${isBroken} THEN ${because} ELSE "_reason" END` },
  ];
  return { kind: 'extend', input, columns };
}

/** The input's columns and the verdict; of a rejected row also all of it. */
function told(input: PlanNode, names: readonly string[]): PlanNode {
  const fields = names.map((name) => `${literal(name)}: ${quotedName(name)}`).join(', ');
  const row = { name: '_row', sql: `CASE WHEN "_rule" IS NOT NULL THEN to_json({${fields}})::VARCHAR END` };
  const columns = [...names, '_source', '_position', '_rule', '_reason'].map(itself);
  return { kind: 'project', input, columns: [...columns, row] };
}

const itself = (name: string): NamedExpression => ({ name, sql: quotedName(name) });
const present = (columns: readonly string[]): string[] => columns.map((name) => `${quotedName(name)} IS NOT NULL`);

/** Longer values are cut. */
const valueCharactersMax = 200;

function reason(columns: readonly string[], complaint: string): string {
  if (columns.length === 0) return literal(complaint);
  const values = columns.map((name) => {
    const value = `coalesce(left(${quotedName(name)}::VARCHAR, ${valueCharactersMax}), 'null')`;
    return `${literal(`${name} = `)} || ${value}`;
  });
  return `(${values.join(` || ', ' || `)} || ${literal(` ${complaint}`)})`;
}

/** By itself first, so that an error names the rule. */
function check(rule: RowOrKeyRule, { schema }: Bound, { context, bindPlan }: Binding): void {
  const place = `the rule ${rule.name}`;
  if (rule.kind === 'row') {
    checkSql(rule, schema, context);
    return;
  }
  const wanted = rule.kind === 'function' ? rule.function.args.map((arg) => arg.name) : rule.columns;
  const strange = wanted.find((name) => !has(schema, name));
  if (strange !== undefined) throw unknownColumn(strange, schema, place);
  if (rule.kind !== 'foreignKey') return;
  const target = bindPlan(rule.plan).schema;
  const unknown = rule.references.find((name) => !has(target, name));
  if (unknown !== undefined) throw unknownColumn(unknown, target, `${place}, in what it refers to`);
}

const has = (schema: Bound['schema'], wanted: string): boolean =>
  schema.some(({ name }) => name.toLowerCase() === wanted.toLowerCase());

function checkSql({ name, sql }: NamedRule & RowRule, schema: Bound['schema'], context: PlanContext): void {
  const place = `the rule ${name}`;
  const { tree } = bindExpression(sql, schema, context);
  try {
    describeOver(context.dialect, [{ name: 'input', schema }], `SELECT (\n${sql}\n)::BOOLEAN FROM input`);
  } catch (thrown) {
    throw explainError(thrown, [tree], schema, place);
  }
}
