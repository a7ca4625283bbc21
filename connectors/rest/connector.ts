import type { SourceConnector } from '../contract.ts';
import { list, type RestPiece } from './list.ts';
import { type ParsedRest, parseRestOptions } from './options.ts';
import { read } from './read.ts';
import { reread } from './reread.ts';

/** REST APIs that answer with JSON, page by page. */
export const source: SourceConnector<ParsedRest, RestPiece, string> = {
  parse: parseRestOptions,
  list,
  read,
  reread,
};
