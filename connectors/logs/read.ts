import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { Batch } from '../../shared/arrow/batch.ts';
import { SheafError } from '../../shared/errors.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import type { ReadContext, SourceBatches } from '../contract.ts';
import { LineBatches, type RefuseLine } from './line-batches.ts';
import { Lines } from './lines.ts';
import { type LogOptions, logName } from './options.ts';
import { parserOf } from './parser.ts';
import type { LogPiece } from './pieces.ts';
import { checkUnchanged } from './unchanged.ts';

/** Lines of the pieces as rows: from plain local files as the task goes, from others as their bytes come. */
export function read(options: LogOptions, pieces: readonly LogPiece[], context: ReadContext): SourceBatches {
  const schema = toArrowSchema(context.columns);
  const isPlain = pieces.every(({ path, compression }) => compression === null && !path.includes('://'));
  return { schema, batches: isPlain ? plain(options, pieces, context) : streamed(options, pieces, context) };
}

function* plain(options: LogOptions, pieces: readonly LogPiece[], context: ReadContext): Generator<Batch> {
  const chunk = Buffer.allocUnsafe(context.config.logReadBytes);
  for (const piece of pieces) {
    checkUnchanged(piece);
    const file = openSync(piece.path, 'r');
    try {
      const lines = linesOf(options, piece, context);
      let at = startOf(piece);
      for (; !lines.isDone; ) {
        const bytes = readSync(file, chunk, 0, chunk.length, at);
        if (bytes === 0) break;
        at += bytes;
        yield* lines.push(chunk.subarray(0, bytes));
      }
      yield* lines.end();
    } finally {
      closeSync(file);
    }
  }
}

async function* streamed(
  options: LogOptions,
  pieces: readonly LogPiece[],
  context: ReadContext,
): AsyncGenerator<Batch> {
  for (const piece of pieces) {
    const lines = linesOf(options, piece, context);
    try {
      for await (const chunk of await bytesOf(options, piece, context)) {
        yield* lines.push(chunk as Uint8Array);
        if (lines.isDone) break;
      }
    } catch (thrown) {
      throw corrupt(piece, thrown);
    }
    yield* lines.end();
  }
}

/** Decompressed as it comes, so that a small file that holds a lot takes no more memory than another. */
async function bytesOf(
  options: LogOptions,
  piece: LogPiece,
  { signal, config }: ReadContext,
): Promise<AsyncIterable<Uint8Array> | Readable> {
  const raw = piece.path.includes('://')
    ? await (await import('./objects.ts')).objectBytes(options, piece, startOf(piece), config, signal)
    : createReadStream(piece.path, { start: startOf(piece), signal });
  if (piece.compression === null) return raw;
  const { Readable } = await import('node:stream');
  const expand = piece.compression === 'gzip' ? createGunzip() : createZstdDecompress();
  const stream = Readable.from(raw, { objectMode: false });
  stream.on('error', (error) => expand.destroy(error));
  return stream.pipe(expand);
}

/** One byte before, to see whether a line begins there. */
const startOf = ({ from }: LogPiece): number => Math.max(0, from - 1);

function linesOf(options: LogOptions, piece: LogPiece, { columns, config }: ReadContext): Lines {
  const refuse: RefuseLine = (reason, position, text) => {
    throw new SheafError(
      'ROW_MALFORMED',
      `${piece.path}: the line at byte ${position} is none of ${logName(options)}: ${reason}`,
      {
        next: 'Name a policy for rejected rows, or correct the file or the format.',
        details: { file: piece.path, position, line: text.slice(0, 200) },
      },
    );
  };
  const parser = parserOf(options.format, new Set(columns.map(({ name }) => name)), config.logBatchRows);
  const batches = new LineBatches(parser, options.format, columns, piece.path, refuse, config.logBatchRows);
  // Of a compressed file, places are those of the text in it.
  const to = piece.compression === null ? piece.to : Number.POSITIVE_INFINITY;
  return new Lines(batches, config.logLineBytesMax, { from: piece.from, to });
}

function corrupt(piece: LogPiece, thrown: unknown): unknown {
  const { code } = thrown as NodeJS.ErrnoException;
  if (piece.compression === null || !/^(Z_|ERR_ZSTD|ZSTD_|ERR_ZLIB)/.test(code ?? '')) return thrown;
  return new SheafError('FILE_CORRUPT', `${piece.path} is not what ${piece.compression} makes, or it is cut short`, {
    cause: thrown,
    next: 'Check the file; if it is still being written, read it later.',
  });
}
