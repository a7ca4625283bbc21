import { quotedName } from '../../../shared/sql/text.ts';
import { type BoundOf, inputOf } from '../bound/plan.ts';
import type { Build } from '../stages/build.ts';
import { type Fragment, withNote } from '../stages/fragment.ts';
import { isBare, type Query, queryText } from '../stages/query.ts';
import { withoutUnique } from './narrow.ts';

/**
 * A query that is not taken apart: its inputs are scanned in parallel, then it runs as it was written, in one task.
 * Where no two rows have to meet, each task runs it over its own.
 */
export function planGather(bound: BoundOf<'gather'>, build: Build): Fragment {
  const { sql, reason, volatile, rowByRow, known } = bound.operator;
  if (rowByRow) return planRowByRow(bound, build.plan(inputOf(bound)), build);
  const inputs = bound.inputs.map((input) => inOneTask(build.plan(input), build));
  const names = inputs.map(({ query }) => (isNamed(query) ? query.from : build.inputName()));
  const tables = inputs.flatMap(({ query }, i) => (isNamed(query) ? [] : [`${names[i]} AS (${queryText(query)})`]));
  const clause = tables.length === 0 ? '' : `WITH ${tables.join(', ')} `;
  const columns = bound.schema.map(({ name }) => quotedName(name)).join(', ');
  const fragment: Fragment = {
    inputs: inputs.flatMap(({ inputs }) => inputs),
    steps: [],
    // Columns without an alias are called after their text, in which files have other names now.
    query: { from: `(${clause}SELECT * FROM (${sql(names)}) AS whole(${columns}))`, where: [] },
    schema: bound.schema,
    tasks: 1,
    labels: [...new Set(inputs.flatMap(({ labels }) => labels)), known ? 'values' : 'query in one task'],
    notes: [],
    traits: {
      deterministic: !volatile && inputs.every(({ traits }) => traits.ordered),
      ordered: false,
      rowwise: false,
    },
    size: {
      rows: inputs.reduce((sum, { size }) => sum + size.rows, 0),
      bytes: inputs.reduce((sum, { size }) => sum + size.bytes, 0),
    },
  };
  return withNote(fragment, known ? reason : `the query runs in one task: ${reason}`);
}

/** An input as it is: what is gathered itself is a subquery. */
const isNamed = (query: Query): boolean => isBare(query) && /^\w+$/.test(query.from);

function planRowByRow({ operator, schema }: BoundOf<'gather'>, input: Fragment, build: Build): Fragment {
  const { sql, reason, volatile } = operator;
  const { query, traits } = input;
  const name = isNamed(query) ? query.from : build.inputName();
  const clause = isNamed(query) ? '' : `WITH ${name} AS (${queryText(query)}) `;
  const columns = schema.map((column) => quotedName(column.name)).join(', ');
  const fragment: Fragment = {
    ...input,
    query: { from: `(${clause}SELECT * FROM (${sql([name])}) AS whole(${columns}))`, where: [] },
    schema,
    labels: [...input.labels, 'query row by row'],
    traits: { ...withoutUnique(traits), deterministic: traits.deterministic && !volatile, rowwise: false },
  };
  return withNote(fragment, `each task runs the query over its own rows, as it was written: ${reason}`);
}

/** As SQL over named inputs, of all rows. */
function inOneTask(input: Fragment, build: Build): Fragment {
  // The query may read its inputs again and again; a source is read once.
  const isRepeatable = input.inputs.every(({ kind }) => kind !== 'extract');
  if (input.tasks === 1 && input.steps.length === 0 && isRepeatable) return input;
  return build.exchange(input, { kind: 'single' }, 'gather');
}
