import { join } from 'node:path';
import type { Batch } from '../../shared/arrow/batch.ts';
import { readParts } from '../../shared/exchange/local-parts.ts';
import type { FunctionStep } from '../../shared/stage/function-step.ts';
import type { AttemptWatch } from '../pool/cancellation.ts';
import type { TaskContext } from './context.ts';
import type { Relation } from './relation.ts';

/** Only where a task calls a function: a SQL-only worker starts without them. */
const modules = () =>
  Promise.all([
    import('../functions/apply-function.ts'),
    import('../functions/apply-async-function.ts'),
    import('../functions/load-function.ts'),
  ]);

/** A function over the step before it: at once batch by batch, or, if it returns promises, over the drained input. */
export async function callFunction(step: FunctionStep, previous: Relation, context: TaskContext): Promise<Relation> {
  const { thread, watch } = context;
  const [{ applyFunction }, { applyAsyncFunction }, { loadFunction }] = await modules();
  const loaded = await loadFunction(step.bundle, join(thread.blobRoot, step.bundle.sha256));
  const input = pulled(previous.batches, watch);
  if (step.bundle.async) {
    return await spooled(applyAsyncFunction(step, loaded, input, previous.schema, thread.config), context);
  }
  const { schema, batches } = applyFunction(step, loaded, input, previous.schema, thread.config);
  return { schema, batches: watched(batches, watch) };
}

/** The function's input: while a batch is pulled, no user code runs. */
function* pulled(batches: Iterable<Batch>, watch: AttemptWatch): Generator<Batch> {
  watch.leaveFunction();
  for (const batch of batches) {
    watch.enterFunction();
    yield batch;
    watch.leaveFunction();
  }
  watch.enterFunction();
}

/** The function's output: user code runs while the next batch is asked for. */
function* watched(batches: Iterable<Batch>, watch: AttemptWatch): Generator<Batch> {
  const iterator = batches[Symbol.iterator]();
  try {
    for (;;) {
      watch.enterFunction();
      const next = iterator.next();
      watch.leaveFunction();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    watch.leaveFunction();
    iterator.return?.();
  }
}

async function spooled(
  { schema, batches }: { readonly schema: Relation['schema']; readonly batches: AsyncIterable<Batch> },
  { inputs }: TaskContext,
): Promise<Relation> {
  const part = await inputs.spool(schema, batches);
  return { schema, batches: readParts([part]) };
}
