/** A source and a sink for tests: pieces of numbers with every kind of trouble, and files that are staged. */
import {
  appendFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadContext, SinkConnector, SourceConnector } from '../../../connectors/contract.ts';
import type { Batch } from '../../../shared/arrow/batch.ts';
import { SheafError } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import { provenance } from '../../../shared/plan/nodes/extract.ts';
import type { Schema } from '../../../shared/schema.ts';
import { toArrowSchema } from '../../../shared/types/arrow-schema.ts';
import { createRowBuilder } from '../../../shared/types/row-builder.ts';
import { createRowReader } from '../../../shared/types/row-reader.ts';

export interface NumbersOptions {
  readonly pieces: number;
  readonly rowsPerPiece: number;
  /** How its batches come. */
  readonly mode?: 'sync' | 'async';
  /** Each batch takes so long. Only of `async`. */
  readonly delayMs?: number;
  /** Every so many rows cannot be read. */
  readonly malformedEvery?: number;
  /** This piece throws what a driver would. */
  readonly failingPiece?: number;
  /** It fails until this file is there, which the failure makes. */
  readonly failOnce?: string;
  /** Never ends, whatever its signal says. */
  readonly deaf?: boolean;
  /** Asks for leave before each batch. */
  readonly perSecond?: number;
  /** Stands in its error. */
  readonly password?: string;
  /** A line for each request with leave, and for each call of `read` with its columns. */
  readonly journal?: string;
  readonly deterministic?: boolean;
}

const columns: Schema = [
  { name: 'n', type: 'BIGINT' },
  { name: 'piece', type: 'INTEGER' },
  { name: 'text', type: 'VARCHAR' },
];

const batchRows = 100;

export const source: SourceConnector<NumbersOptions, number> = {
  parse: (options) => options as unknown as NumbersOptions,
  list: async ({ pieces, rowsPerPiece, deterministic = true }, { cursor }) => {
    const first = typeof cursor === 'number' ? cursor : 0;
    const all = Array.from({ length: Math.max(0, pieces - first) }, (_, i) => first + i);
    return {
      schema: columns,
      pieces: all.map((piece) => ({ piece, rows: rowsPerPiece, bytes: rowsPerPiece * 40 })),
      cursor: pieces,
      deterministic,
    };
  },
  read: async (options, pieces, context) => {
    const schema = toArrowSchema(context.columns);
    if (options.journal !== undefined)
      appendFileSync(options.journal, `read ${context.columns.map(({ name }) => name).join(',')}\n`);
    const isAsync = options.mode === 'async' || options.perSecond !== undefined || options.deaf === true;
    return { schema, batches: isAsync ? slowly(options, pieces, context) : batchesOf(options, pieces, context) };
  },
};

function* batchesOf(options: NumbersOptions, pieces: readonly number[], context: ReadContext): Generator<Batch> {
  const builder = createRowBuilder(context.columns, toArrowSchema(context.columns).fields, context.config);
  const hasReason = context.columns.some(({ name }) => name === provenance.rejected.name);
  for (const piece of pieces) {
    if (piece === options.failingPiece) fail(options, piece, context);
    for (let row = 0; row < options.rowsPerPiece; row++) {
      const isBad = options.malformedEvery !== undefined && row % options.malformedEvery === 0;
      if (isBad && !hasReason) {
        throw new SheafError('ROW_MALFORMED', `Row ${row} of piece ${piece} is no number`, { next: 'Correct it.' });
      }
      const n = piece * options.rowsPerPiece + row;
      const all: Readonly<Record<string, unknown>> = {
        n: isBad ? null : BigInt(n),
        piece: isBad ? null : piece,
        text: isBad ? null : `row ${n}`,
        _source: `piece ${piece}`,
        _position: BigInt(row + 1),
        _rejected: isBad ? 'no number' : null,
        _raw: isBad ? '???' : null,
      };
      builder.append(Object.fromEntries(context.columns.map(({ name }) => [name, all[name]])));
      if (row % batchRows === batchRows - 1) yield* builder.take(true);
    }
    yield* builder.take(true);
  }
}

function fail({ failOnce, password = '' }: NumbersOptions, piece: number, { log }: ReadContext): void {
  if (failOnce !== undefined && existsSync(failOnce)) return;
  if (failOnce !== undefined) writeFileSync(failOnce, '');
  log.warn(`refused: user:${password}@host`);
  throw new Error(`connection to piece ${piece} refused for user:${password}@host`);
}

async function* slowly(options: NumbersOptions, pieces: readonly number[], context: ReadContext) {
  const { delayMs = 0, perSecond, journal, deaf } = options;
  if (deaf) await new Promise<void>((resolve) => setTimeout(resolve, 2 ** 31 - 1));
  for (const batch of batchesOf(options, pieces, context)) {
    if (perSecond !== undefined) await context.permit('numbers', perSecond);
    if (perSecond !== undefined && journal !== undefined) appendFileSync(journal, `${Date.now()}\n`);
    if (delayMs > 0) await pause(delayMs, undefined, { signal: context.signal });
    yield batch;
  }
}

export interface FilesOptions {
  readonly folder: string;
  /** Each batch takes so long. */
  readonly delayMs?: number;
  /** Fails with what a driver would throw, after the first batch. */
  readonly fails?: boolean;
  /** Returns before it has taken everything. */
  readonly forgetful?: boolean;
  readonly password?: string;
  /** Never commits. */
  readonly refuses?: boolean;
}

/** Stages a file of JSON lines for each attempt. The commit makes one file of those that count, once. */
export const sink: SinkConnector<FilesOptions, { readonly folder: string }> = {
  parse: (options) => options as unknown as FilesOptions,
  prepare: async ({ folder }) => {
    mkdirSync(folder, { recursive: true });
    return { folder };
  },
  write: async ({ delayMs = 0, fails, forgetful, password = '' }, { schema, batches }, context) => {
    const { prepared, run, output, attempt, signal, alone } = context;
    const file = join(prepared.folder, `${run}.${output}.${attempt}.${process.pid}.staged`);
    const reader = createRowReader(schema.fields);
    let rows = 0;
    writeFileSync(file, '');
    for (const batch of batches) {
      reader.bind(batch);
      const lines = Array.from({ length: batch.rows }, (_, row) => `${jsonOf(reader.row(row))}\n`);
      appendFileSync(file, lines.join(''));
      rows += batch.rows;
      if (forgetful) break;
      if (fails) throw new Error(`could not write as user:${password}@host`);
      if (delayMs > 0) await pause(delayMs, undefined, { signal });
    }
    return { rows, bytes: rows * 10, detail: { file, alone } };
  },
  commit: async ({ folder, refuses }, receipts, { run, output, mustLead }) => {
    if (refuses) throw new SheafError('SINK_FAILED', `${output} takes nothing`, { details: { nothingLoaded: true } });
    const ledger = join(folder, `${run}.${output}.committed`);
    const already = existsSync(ledger);
    if (!already) {
      const rows = receipts.map(({ detail }) => readFileSync((detail as { file: string }).file, 'utf8')).join('');
      writeFileSync(`${ledger}.new`, rows);
      mustLead();
      renameSync(`${ledger}.new`, ledger);
    }
    const rows = receipts.reduce((sum, receipt) => sum + receipt.rows, 0);
    return { rows, bytes: 0, already, detail: { ledger } };
  },
  clean: async ({ folder }, { run, output }) => {
    for (const file of globSync(join(folder, `${run}.${output}.*.staged`))) rmSync(file, { force: true });
  },
};

const jsonOf = (row: unknown): string =>
  JSON.stringify(row, (_, value: Json | bigint) => (typeof value === 'bigint' ? Number(value) : value));
