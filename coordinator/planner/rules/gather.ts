import { quotedName } from '../../../shared/sql/text.ts';
import type { BoundOf } from '../bound.ts';
import type { Build } from '../build.ts';
import { type Fragment, withNote } from '../fragment.ts';
import { isBare } from '../query.ts';

/** A query that no rule distributes: its inputs are scanned in parallel, then it runs in one task as it was written. */
export function planGather(bound: BoundOf<'gather'>, build: Build): Fragment {
  const { sql, reason, volatile } = bound.operator;
  const inputs = bound.inputs.map((input) => inOneTask(build.plan(input), build));
  const names = inputs.map(({ query }) => query.from);
  const columns = bound.schema.map(({ name }) => quotedName(name)).join(', ');
  const fragment: Fragment = {
    inputs: inputs.flatMap(({ inputs }) => inputs),
    steps: [],
    // Columns without an alias are called after their text, in which files have other names now.
    query: { from: `(SELECT * FROM (${sql(names)}) AS whole(${columns}))`, where: [] },
    schema: bound.schema,
    tasks: 1,
    labels: [...new Set(inputs.flatMap(({ labels }) => labels)), 'query in one task'],
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
  return withNote(fragment, `the query runs in one task: ${reason}`);
}

/** As a relation with a name, of all rows: what was done to them is done in a stage before. */
function inOneTask(input: Fragment, build: Build): Fragment {
  if (input.tasks === 1 && input.steps.length === 0 && isBare(input.query)) return input;
  return build.exchange(input, { kind: 'single' }, 'gather');
}
