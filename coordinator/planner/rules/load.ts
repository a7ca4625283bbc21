import type { LoadOutput } from '../../../shared/plan/nodes/load.ts';
import { type LoadStep, receiptSchema } from '../../../shared/stage/load-step.ts';
import type { Bound, BoundOf } from '../bound/plan.ts';
import { outputsOf } from '../bound/steps.ts';
import type { Build } from '../stages/build.ts';
import { closeQuery, type Fragment } from '../stages/fragment.ts';
import { queryOf } from '../stages/query.ts';

/**
 * Each output's tasks write to its sink and yield their receipts; one task gathers those of all outputs. A writing task
 * that runs again has another receipt, so its stage is never deterministic: the gathering task then runs again, too.
 */
export function planLoad(bound: BoundOf<'load'>, build: Build): Fragment {
  const receipts = outputsOf(bound).map(({ output, input }) => planOutput(output, input, bound, build));
  const selects = receipts.map(({ query }) => `SELECT * FROM ${query.from}`);
  return {
    inputs: receipts.flatMap(({ inputs }) => inputs),
    steps: [],
    query: { from: `(${selects.join(' UNION ALL ')})`, where: [] },
    schema: receiptSchema,
    tasks: 1,
    labels: ['receipts'],
    notes: [],
    traits: { deterministic: true, ordered: false, rowwise: false },
    size: {
      rows: receipts.reduce((sum, { size }) => sum + size.rows, 0),
      bytes: receipts.reduce((sum, { size }) => sum + size.bytes, 0),
    },
  };
}

function planOutput({ name, sink }: LoadOutput, input: Bound, bound: BoundOf<'load'>, build: Build): Fragment {
  const { run, pipeline } = bound.operator.load;
  const planned = build.plan(input);
  const rows = closeQuery(sink.single ? inOneTask(planned, build) : planned);
  const { schema, tasks } = rows;
  const step: LoadStep = { kind: 'load', run, pipeline, output: name, sink, schema, alone: tasks === 1 };
  const loaded: Fragment = {
    ...rows,
    steps: [...rows.steps, step],
    query: queryOf('previous'),
    schema: receiptSchema,
    labels: [...rows.labels, `load ${name} (${sink.connector})`],
    traits: { deterministic: false, ordered: false, rowwise: false },
    size: { rows: tasks, bytes: tasks * receiptBytes },
  };
  return build.exchange(loaded, { kind: 'single' }, 'receipts', false);
}

/** In one task for certain: what reads an exchange may get more tasks when its size is known. */
function inOneTask(rows: Fragment, build: Build): Fragment {
  if (rows.tasks === 1 && rows.inputs.every(({ kind }) => kind !== 'exchange')) return rows;
  return { ...build.exchange(rows, { kind: 'single' }, 'gather'), notes: ['asked for by the sink'] };
}

/** A guess. */
const receiptBytes = 256;
