import type { SourceConnector } from '../contract.ts';
import type { FilesCursor } from '../files/new-files.ts';
import { list } from './list.ts';
import { type LogOptions, parseLogOptions } from './options.ts';
import type { LogPiece } from './pieces.ts';
import { read } from './read.ts';
import { reread } from './reread.ts';

/** Lines of text in files and objects: access logs, JSON lines, custom patterns. */
export const source: SourceConnector<LogOptions, LogPiece, FilesCursor> = {
  parse: parseLogOptions,
  list,
  read,
  reread,
};
