import { assert } from '../../shared/errors.ts';
import type { FileFormat } from '../../shared/plan/nodes/scan.ts';
import type { WriteNode } from '../../shared/plan/nodes/write.ts';
import type { ActionOptions } from '../job/options.ts';
import { runJob } from '../job/run.ts';
import { absolutePath } from '../read/paths.ts';
import type { Session } from '../session/session.ts';
import { type Draft, over } from './draft.ts';

/** What every way of writing takes. */
export interface WriteOptions extends ActionOptions {
  /** What to do when the directory is there and not empty. Default `error`. */
  readonly mode?: WriteNode['mode'];
}

/** Options of `write.parquet`. */
export interface ParquetWriteOptions extends WriteOptions {
  /** Default `snappy`. */
  readonly compression?: 'uncompressed' | 'snappy' | 'gzip' | 'zstd' | 'brotli' | 'lz4';
  /** Of zstd: 1 to 22, default 3. */
  readonly compressionLevel?: number;
  /** Rows of a row group. Default 122,880. */
  readonly rowGroupSize?: number;
}

/** Options of `write.csv`. */
export interface CsvWriteOptions extends WriteOptions {
  /** Default `none`. */
  readonly compression?: 'none' | 'gzip' | 'zstd';
  /** Default a comma. */
  readonly delimiter?: string;
  /** A first line of names. Default true. */
  readonly header?: boolean;
  readonly quote?: string;
  readonly escape?: string;
  /** The text that means null. Default: empty. */
  readonly nullText?: string;
  /** As DuckDB's `strftime`. */
  readonly dateFormat?: string;
  readonly timestampFormat?: string;
}

/** Options of `write.ndjson`. */
export interface NdjsonWriteOptions extends WriteOptions {
  /** Default `none`. */
  readonly compression?: 'none' | 'gzip' | 'zstd';
}

/** What a write left behind. */
export interface Written {
  /** Absolute path of the directory, or the `s3://` prefix. */
  readonly path: string;
  readonly files: number;
  readonly rows: number;
  readonly bytes: number;
}

/**
 * Writes a dataset as one directory of files, or below one prefix (`s3://bucket/prefix`), which appears whole or not at
 * all (objects: to readers that heed `_sheaf/`, as Sheaf's do). Relative paths are relative to this process's working
 * directory; the workers must see the same place.
 *
 * @example `await late.write.parquet('out/late', { mode: 'overwrite', compression: 'zstd' })`
 */
export class Writer {
  readonly #session: Session;
  readonly #draft: Draft;

  constructor(session: Session, draft: Draft) {
    this.#session = session;
    this.#draft = draft;
  }

  /** Parquet files, one or more per task. */
  parquet(path: string, options: ParquetWriteOptions = {}): Promise<Written> {
    return this.#write('parquet', path, options);
  }

  /** CSV files, each with a header. */
  csv(path: string, options: CsvWriteOptions = {}): Promise<Written> {
    return this.#write('csv', path, options);
  }

  /** Files of one JSON object a line. */
  ndjson(path: string, options: NdjsonWriteOptions = {}): Promise<Written> {
    return this.#write('ndjson', path, options);
  }

  /** Arrow IPC files. */
  arrow(path: string, options: WriteOptions = {}): Promise<Written> {
    return this.#write('arrow', path, options);
  }

  async #write(format: FileFormat, path: string, options: WriteOptions): Promise<Written> {
    const { mode = 'error', signal: _s, name: _n, deadlineMs: _d, priority: _p, onProgress: _o, ...copy } = options;
    const node = {
      kind: 'write',
      format,
      path: absolutePath(path, process.cwd()),
      mode,
      options: copyOptions(copy),
    } as const;
    const draft = over(this.#draft, (input) => ({ ...node, input }));
    using job = await runJob(this.#session, draft, `write ${format}`, options);
    const { written } = job.result;
    assert(written !== undefined, `${job.id} wrote, but its result does not say what`);
    return written;
  }
}

/** DuckDB's names of COPY's options, by ours. */
const copyNames: Readonly<Record<string, string>> = {
  compressionLevel: 'compression_level',
  rowGroupSize: 'row_group_size',
  nullText: 'nullstr',
  dateFormat: 'dateformat',
  timestampFormat: 'timestampformat',
};

const copyOptions = (options: object): WriteNode['options'] =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : [[copyNames[name] ?? name, value]])),
  );
