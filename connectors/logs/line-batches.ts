import { isUtf8 } from 'node:buffer';
import type { Batch } from '../../shared/arrow/batch.ts';
import { provenance } from '../../shared/plan/nodes/extract.ts';
import type { Column } from '../../shared/schema.ts';
import type { UnreadRow } from '../contract.ts';
import { type AnyColumn, LongColumn, TextColumn, takeBatch } from '../rows/columns.ts';
import { columnsOf, type LogFormat } from './format.ts';
import type { LineParser } from './line-parser.ts';

/** The error for a line that cannot be read, where rejected lines are not asked for. */
export type RefuseLine = (reason: string, position: number, text: string) => never;

/**
 * Lines in, batches out: those that are asked for in the order asked for. A line that is none of the format becomes a
 * row of nulls with its reason and its text, or is refused if these are not among the columns.
 */
export class LineBatches {
  readonly #parser: LineParser;
  readonly #columns: readonly AnyColumn[];
  #source: Uint8Array;
  readonly #sourceColumn: TextColumn | undefined;
  readonly #position: LongColumn | undefined;
  readonly #rejected: TextColumn | undefined;
  readonly #raw: TextColumn | undefined;
  readonly #refuse: RefuseLine;
  readonly #rowsMax: number;
  #rows = 0;
  #bytes = 0;

  /**
   * @param wanted of the format's columns and of those of provenance
   * @param source what the column of that name says
   */
  constructor(
    parser: LineParser,
    format: LogFormat,
    wanted: readonly Column[],
    source: string,
    refuse: RefuseLine,
    rowsMax: number,
  ) {
    this.#parser = parser;
    this.#source = Buffer.from(source);
    this.#refuse = refuse;
    this.#rowsMax = rowsMax;
    const has = (name: string) => wanted.some((column) => column.name === name);
    this.#sourceColumn = has(provenance.source.name) ? new TextColumn(rowsMax) : undefined;
    this.#position = has(provenance.position.name) ? new LongColumn(rowsMax) : undefined;
    this.#rejected = has(provenance.rejected.name) ? new TextColumn(rowsMax) : undefined;
    this.#raw = has(provenance.raw.name) ? new TextColumn(rowsMax) : undefined;
    const own: Readonly<Record<string, AnyColumn | undefined>> = {
      ...Object.fromEntries(columnsOf(format).map(({ name }, i) => [name, parser.columns[i]])),
      [provenance.source.name]: this.#sourceColumn,
      [provenance.position.name]: this.#position,
      [provenance.rejected.name]: this.#rejected,
      [provenance.raw.name]: this.#raw,
    };
    this.#columns = wanted.map(({ name }) => {
      const column = own[name];
      if (column === undefined) throw new TypeError(`A log has no column ${name}`);
      return column;
    });
  }

  /** Whether the next line should wait until the batch is taken. */
  get isFull(): boolean {
    return this.#rows >= this.#rowsMax || this.#bytes >= batchTextBytes;
  }

  /**
   * @param isText whether the bytes around are known to be UTF-8
   * @param position of the line's beginning in its file
   */
  add(line: Uint8Array, from: number, to: number, position: number, isText: boolean): void {
    const reason =
      isText || isUtf8(line.subarray(from, to)) ? this.#parser.parse(line, from, to) : 'its bytes are not UTF-8';
    if (reason !== undefined) this.#reject(reason, position, textOf(line, from, to));
    else {
      this.#rejected?.appendNull();
      this.#raw?.appendNull();
    }
    this.#place(position, to - from);
  }

  /** A line that is longer than lines may be. */
  addTooLong(start: Uint8Array, position: number, bytesMax: number): void {
    this.#reject(`it is longer than ${bytesMax} bytes`, position, `${textOf(start, 0, start.length)}${cutMark}`);
    this.#place(position, start.length);
  }

  /** A line that was rejected, as its text was kept. */
  addAgain({ source, position, text }: UnreadRow): void {
    this.#source = Buffer.from(source);
    const bytes = Buffer.from(text);
    const lost = lostOf(text);
    if (lost === undefined) this.add(bytes, 0, bytes.length, position, true);
    else {
      this.#reject(lost, position, text);
      this.#place(position, bytes.length);
    }
  }

  /** The rows added since the last batch; undefined if there are none. */
  take(): Batch | undefined {
    if (this.#rows === 0) return undefined;
    const batch = takeBatch(this.#columns);
    const rows = this.#rows;
    this.#rows = 0;
    this.#bytes = 0;
    return { ...batch, rows };
  }

  #reject(reason: string, position: number, text: string): void {
    if (this.#rejected === undefined) this.#refuse(reason, position, text);
    this.#parser.appendNulls();
    this.#rejected.appendText(reason);
    this.#raw?.appendText(text);
  }

  #place(position: number, bytes: number): void {
    this.#sourceColumn?.append(this.#source, 0, this.#source.length);
    this.#position?.append(position);
    this.#rows += 1;
    this.#bytes += bytes;
  }
}

/** Marks a kept text as the beginning of a longer line. */
const cutMark = ' … (cut off)';

/** Why a line whose text was cut cannot be read again: a part must not be taken for the whole. */
function lostOf(text: string): string | undefined {
  if (text.endsWith(cutMark)) return 'only its beginning was kept';
  return text.includes('\uFFFD') ? 'its bytes were not UTF-8' : undefined;
}

const batchTextBytes = 4 * 2 ** 20;

/** As text, whatever the bytes are. */
const textOf = (bytes: Uint8Array, from: number, to: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
