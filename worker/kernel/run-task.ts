import { SheafError } from '../../shared/errors.ts';
import { quotedName } from '../../shared/sql/text.ts';
import type { StageOutput } from '../../shared/stage/output.ts';
import { previousInput, type Step } from '../../shared/stage/step.ts';
import type { TaskOutput } from '../../shared/stage/task.ts';
import type { ConnectorServices } from '../connectors/services.ts';
import type { AttemptWatch } from '../pool/cancellation.ts';
import { type PoolTask, type ThreadData, usesConnectors } from '../pool/protocol.ts';
import type { TaskContext } from './context.ts';
import { inOwnWords } from './own-words.ts';
import { isNumbered } from './partition-number.ts';
import type { Relation } from './relation.ts';
import { runStep } from './run-step.ts';
import { TaskInputs } from './task-inputs.ts';
import { type Written, writeOutput } from './write-output.ts';

/**
 * Runs one attempt in a pool thread: inputs → steps → output. Steps are chained, not materialised: the output pulls
 * batches through them, a DuckDB query inside the scan of the next. Only an asynchronous function drains its input.
 *
 * @throws SheafError whatever went wrong; nothing unfinished is left on disk
 */
export async function runTask(task: PoolTask, thread: ThreadData, watch: AttemptWatch): Promise<TaskOutput> {
  const startedMs = performance.now();
  await using scope = new AsyncDisposableStack();
  const services = usesConnectors(task) ? scope.use(await startServices(task, thread, watch)) : undefined;
  const inputs = scope.use(await TaskInputs.open(task, thread, watch, services));
  try {
    const written = await runSteps({ task, thread, inputs, scope, watch, services });
    const { partitions, file, inline } = written;
    const { rows, bytes } = services?.loaded ?? written; // not those of its receipt
    const runMs = performance.now() - startedMs;
    const work = { rowsOut: rows, bytesOut: bytes, runMs, rowsIn: inputs.read.rows, bytesIn: inputs.read.bytes };
    // What the worker's main thread knows, it adds.
    const metrics = { ...work, fetchMs: 0, spilledBytes: 0, peakRssBytes: 0 };
    const more = { ...(file === undefined ? {} : { file }), ...(inline === undefined ? {} : { inline }) };
    return { partitions, metrics, ...more };
  } catch (thrown) {
    throw inputs.inFileTerms(inOwnWords(SheafError.from(thrown), task));
  }
}

/** A SQL-only worker starts without them. */
const startServices = async (...of: ConstructorParameters<typeof ConnectorServices>): Promise<ConnectorServices> =>
  new (await import('../connectors/services.ts')).ConnectorServices(...of);

async function runSteps(context: TaskContext): Promise<Written> {
  const { steps, output, inputs } = context.task;
  const all = completed(steps, output, inputs[0]?.name ?? previousInput);
  let relation: Relation | undefined;
  for (const step of all.slice(0, -1)) relation = await runStep(step, relation, context);
  return await writeOutput(all.at(-1), relation, context);
}

/**
 * The steps with SQL where a function stands alone: a function reads what a query yields, and rows are partitioned by
 * their values and written to files by DuckDB.
 */
function completed(steps: readonly Step[], output: StageOutput, firstInput: string): readonly Step[] {
  const all = (name: string): Step => ({ kind: 'sql', sql: `SELECT * FROM ${quotedName(name)}` });
  const first = steps[0]?.kind === 'sql' ? [] : [all(firstInput)];
  const endsInSql = (steps.at(-1) ?? first[0])?.kind === 'sql';
  return [...first, ...steps, ...(endsInSql || !needsSql(output) ? [] : [all(previousInput)])];
}

function needsSql(output: StageOutput): boolean {
  return output.kind === 'file' ? output.sink.format !== 'arrow' : isNumbered(output.partitioning);
}
