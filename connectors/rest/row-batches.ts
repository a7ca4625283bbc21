import type { Batch } from '../../shared/arrow/batch.ts';
import { SheafError } from '../../shared/errors.ts';
import { provenance, provenanceColumns } from '../../shared/plan/nodes/extract.ts';
import type { RereadContext } from '../contract.ts';
import { takeBatch } from '../rows/columns.ts';
import { type ValueColumn, type ValueType, valueColumn, valueTypes } from '../rows/values.ts';
import type { ParsedRest } from './options.ts';
import { flattened } from './rows.ts';

interface Wanted {
  readonly name: string;
  readonly type: string;
  readonly to: ValueColumn;
}

type RowsContext = Pick<RereadContext, 'columns' | 'config' | 'log'>;

/** Rows of JSON into batches of the columns that are asked for. A row that does not fit is rejected with its reason. */
export class RowBatches {
  readonly #wanted: readonly Wanted[];
  readonly #data: readonly Wanted[];
  readonly #rejectsUnknown: boolean;
  readonly #rowsMax: number;
  readonly #context: RowsContext;
  readonly #ignored = new Set<string>();
  #rows = 0;

  constructor({ unknownFields }: ParsedRest, context: RowsContext) {
    this.#context = context;
    this.#rowsMax = context.config.restBatchRows;
    this.#wanted = context.columns.map(({ name, type }) => ({
      name,
      type,
      to: valueColumn(known(name, type), this.#rowsMax),
    }));
    this.#data = this.#wanted.filter(({ name }) => !provenanceColumns.some((column) => column.name === name));
    this.#rejectsUnknown = unknownFields === 'reject';
  }

  /**
   * The rows of a page; yields the batches that became full.
   *
   * @param columns names of all columns of the source, also of those that nobody asks for
   */
  *add(rows: readonly unknown[], source: string, columns: ReadonlySet<string>): Generator<Batch> {
    for (const [i, row] of rows.entries()) {
      yield* this.addOne(row, source, i + 1, columns);
    }
  }

  /** One row, from this place of its page. */
  *addOne(row: unknown, source: string, position: number, columns: ReadonlySet<string>): Generator<Batch> {
    this.#add(row, source, position, columns);
    if (this.#rows >= this.#rowsMax) yield* this.rest();
  }

  /** What is left. */
  *rest(): Generator<Batch> {
    if (this.#rows === 0) return;
    const rows = this.#rows;
    this.#rows = 0;
    yield { ...takeBatch(this.#wanted.map(({ to }) => to.column)), rows };
  }

  #add(row: unknown, source: string, position: number, columns: ReadonlySet<string>): void {
    const converted = this.#convert(row, columns);
    const reason = typeof converted === 'string' ? converted : null;
    const facts: Readonly<Record<string, unknown>> = {
      [provenance.source.name]: source,
      [provenance.position.name]: position,
      [provenance.rejected.name]: reason,
      [provenance.raw.name]: reason === null ? null : JSON.stringify(row),
    };
    if (reason !== null) this.#mustReject(reason, source, position);
    for (const { name, to } of this.#wanted) {
      const value = Object.hasOwn(facts, name)
        ? facts[name]
        : typeof converted === 'string'
          ? null
          : converted.get(name);
      if (value === null || value === undefined) to.column.appendNull();
      else to.append(value);
    }
    this.#rows += 1;
  }

  /** Values by column, or why the row is none. */
  #convert(row: unknown, columns: ReadonlySet<string>): ReadonlyMap<string, unknown> | string {
    if (typeof row !== 'object' || row === null || Array.isArray(row)) return 'it is no object';
    const flat = flattened(row);
    const strange = Object.keys(flat).find((name) => !columns.has(name));
    if (strange !== undefined && this.#rejectsUnknown) return `it has a field that is no column: ${strange}`;
    const converted = new Map<string, unknown>();
    for (const { name, type, to } of this.#data) {
      const value = flat[name] ?? null;
      const made = value === null ? null : to.convert(value);
      if (made === undefined) return `its ${name} is no ${type}: ${JSON.stringify(value).slice(0, 100)}`;
      converted.set(name, made);
    }
    if (strange !== undefined) this.#tellIgnored(flat, columns);
    return converted;
  }

  /** Once for each field: the next listing finds it, and makes it a column. */
  #tellIgnored(flat: Readonly<Record<string, unknown>>, columns: ReadonlySet<string>): void {
    for (const name of Object.keys(flat)) {
      if (columns.has(name) || this.#ignored.has(name) || this.#ignored.size >= ignoredMax) continue;
      this.#ignored.add(name);
      this.#context.log.info({ field: name }, 'a field of an answer is no column of this run, and is left out');
    }
  }

  #mustReject(reason: string, source: string, position: number): void {
    if (this.#wanted.some(({ name }) => name === provenance.rejected.name)) return;
    throw new SheafError('ROW_MALFORMED', `Row ${position} of ${source} does not fit: ${reason}`, {
      next: 'Name a policy for rejected rows, or give the columns with types that fit.',
    });
  }
}

/** Fields named in a message; a hostile answer may have any number. */
const ignoredMax = 100;

function known(name: string, type: string): ValueType {
  const found = valueTypes.find((each) => each === type.toUpperCase());
  if (found !== undefined) return found;
  throw new SheafError('NOT_SUPPORTED', `A REST source has no columns of the type ${type}, as ${name} is to be`, {
    next: `Read it as one of ${valueTypes.join(', ')}, and cast it in SQL.`,
  });
}
