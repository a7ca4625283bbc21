import { SheafError } from '../../shared/errors.ts';
import type { Json } from '../../shared/json.ts';
import type { ListContext, Listing } from '../contract.ts';
import { listNew } from '../files/list-new.ts';
import type { FilesCursor } from '../files/new-files.ts';
import { parseS3Options } from '../s3/options.ts';
import { columnsOf } from './format.ts';
import type { LogOptions } from './options.ts';
import { type LogPiece, piecesOf } from './pieces.ts';

/**
 * The files that the paths name, those that are new if the source is incremental. That there is nothing new is no
 * error; that there never was anything is one.
 *
 * @throws SheafError `FILE_NOT_FOUND`, and what listing throws
 */
export async function list(
  options: LogOptions,
  context: ListContext<FilesCursor>,
): Promise<Listing<LogPiece, FilesCursor>> {
  const { config, signal, slots, cursor } = context;
  const s3 = parseS3Options(options.s3 as Json | undefined);
  const { files, cursor: next } = await listNew(options.paths, { isOfFormat: () => true, s3, cursor, config, signal });
  if (files.length === 0 && cursor === undefined && !options.incremental) throw nothingThere(options);
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const pieceBytes = Math.max(config.logPieceBytesMin, Math.ceil(total / (slots * config.tasksPerSlot)));
  const pieces = files.flatMap((file) => piecesOf({ etag: null, ...file }, pieceBytes));
  return {
    schema: columnsOf(options.format),
    pieces: pieces.map((piece) => ({
      piece,
      rows: 0,
      bytes: (piece.to - piece.from) * (piece.compression ? expansion : 1),
    })),
    deterministic: true,
    ...(options.incremental ? { cursor: next } : {}),
  };
}

/** Text of logs, compressed, is about so much smaller. */
const expansion = 8;

const nothingThere = ({ paths }: LogOptions): SheafError =>
  new SheafError('FILE_NOT_FOUND', `There is no file at ${paths.join(', ')}`, {
    next: 'Check the path. A source that is incremental waits for files that come later.',
  });
