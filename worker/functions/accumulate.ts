import type { Batch } from '../../shared/arrow/batch.ts';
import { columnPicker, sideBySide } from '../../shared/arrow/columns.ts';
import type { GroupColumns } from '../../shared/stage/function-step.ts';
import { createBuilders, takeBatch } from '../../shared/types/row-builder.ts';
import { createRowReader, type RowReader } from '../../shared/types/row-reader.ts';
import { AddedColumn, lastBuilder, passedNames } from './added-column.ts';
import { type AggregateDefinition, definitionOf, stateText } from './aggregate-definition.ts';
import { fieldNamed } from './arguments.ts';
import { selectRows } from './select-rows.ts';
import type { StepRun } from './step-run.ts';

interface Group {
  state: unknown;
}

/**
 * The states of an aggregate over the groups of a task's rows. A group's keys are kept as they lie in the batch of its
 * first row. At `functionGroupsMax` groups they are emitted and begun anew: states of equal keys meet later anyway.
 */
export function* accumulate(run: StepRun, input: Iterable<Batch>): Generator<Batch> {
  const { step, config } = run;
  if (step.groups === undefined) throw new RangeError('an accumulating step without groups');
  const states = new States(run, step.groups);
  for (const batch of input) {
    states.add(batch);
    if (step.groups.passes) yield states.passedOn(batch);
    if (states.size >= config.functionGroupsMax) yield* states.takeAll();
  }
  yield* states.takeAll();
}

class States {
  readonly #run: StepRun;
  readonly #columns: GroupColumns;
  readonly #definition: AggregateDefinition;
  readonly #groups = new Map<string, Group>();
  /** Keys of the groups in their order. */
  #keys: Batch[] = [];
  readonly #added: AddedColumn;
  readonly #control: { readonly of: (batch: Batch) => Batch; readonly rows: RowReader };
  readonly #arguments: RowReader;
  #batches = 0;

  constructor(run: StepRun, columns: GroupColumns) {
    this.#run = run;
    this.#columns = columns;
    this.#definition = definitionOf(run.loaded);
    this.#added = new AddedColumn(run);
    this.#arguments = createRowReader(run.seenSchema.fields);
    const names = [columns.group, columns.row, columns.include];
    const fields = names.map((name) => fieldNamed(run.inputSchema, name));
    const renamed = ['group', 'row', 'include']
      .map((name, i) => fields[i]?.clone({ name }))
      .filter((field) => field !== undefined);
    this.#control = { of: columnPicker(run.inputSchema.fields, names), rows: createRowReader(renamed) };
  }

  get size(): number {
    return this.#groups.size;
  }

  add(batch: Batch): void {
    const seen = this.#added.argumentsOf(batch);
    const place = { batch: seen, number: this.#batches++ };
    this.#arguments.bind(seen);
    this.#control.rows.bind(this.#control.of(batch));
    const first = { rows: new Int32Array(batch.rows), count: 0 };
    for (let row = 0; row < batch.rows; row++) {
      try {
        if (this.#addRow(row)) first.rows[first.count++] = row;
      } catch (thrown) {
        throw this.#run.errors.onRow(thrown, place, row);
      }
    }
    this.#keepKeys(batch, first);
  }

  /** @returns whether it is the first row of its group */
  #addRow(row: number): boolean {
    const { group: key, row: counts, include } = this.#control.rows.row(row) as Readonly<Record<string, unknown>>;
    if (counts !== true) return false;
    const known = this.#groups.get(key as string);
    const group = known ?? { state: this.#definition.init() };
    if (known === undefined) this.#groups.set(key as string, group);
    if (include === true)
      group.state = this.#definition.accumulate(group.state, this.#arguments.row(row)) ?? group.state;
    return known === undefined;
  }

  #keepKeys(batch: Batch, first: { readonly rows: Int32Array; readonly count: number }): void {
    if (first.count === 0) return;
    const { inputSchema } = this.#run;
    const fields = this.#columns.keys.map((name) => fieldNamed(inputSchema, name));
    this.#keys.push(selectRows(columnPicker(inputSchema.fields, this.#columns.keys)(batch), fields, first));
  }

  /** The rows themselves, with a null state. */
  passedOn(batch: Batch): Batch {
    for (let row = 0; row < batch.rows; row++) this.#added.builder.appendNull();
    return this.#added.complete(batch);
  }

  /** A row for each group, in the order of their first rows. */
  *takeAll(): Generator<Batch> {
    const { step, outputSchema, errors } = this.#run;
    const groups = this.#groups.values();
    const state = lastBuilder(step, outputSchema.fields);
    for (const [number, keys] of this.#keys.entries()) {
      for (const { state: value } of groups.take(keys.rows)) {
        errors.during({ batch: { rows: 0, nodes: [], buffers: [] }, number }, () => state.append(stateText(value)));
      }
      yield sideBySide(keys.rows, [this.#withNulls(keys), takeBatch([state])]);
    }
    this.#groups.clear();
    this.#keys = [];
  }

  /** The columns that are passed on: keys as they are, nulls for what only rows have. */
  #withNulls(keys: Batch): Batch {
    const { step, outputSchema, inputSchema } = this.#run;
    const keyFields = this.#columns.keys.map((name) => fieldNamed(inputSchema, name));
    const columns = passedNames(step).map((name, i) => {
      if (this.#columns.keys.includes(name)) return columnPicker(keyFields, [name])(keys);
      const [builder] = createBuilders(step.schema.slice(i, i + 1), outputSchema.fields.slice(i, i + 1));
      for (let row = 0; row < keys.rows; row++) builder?.appendNull();
      return takeBatch(builder === undefined ? [] : [builder]);
    });
    return sideBySide(keys.rows, columns);
  }
}
