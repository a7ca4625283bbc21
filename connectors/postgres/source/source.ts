import type { SourceConnector } from '../../contract.ts';
import { parseSourceOptions, type SourceOptions } from '../options.ts';
import { list, type PostgresCursor, type PostgresPiece } from './list.ts';
import { read } from './read.ts';

/** Tables and queries of PostgreSQL, by parallel binary `COPY` under one snapshot. */
export const postgresSource: SourceConnector<SourceOptions, PostgresPiece, PostgresCursor> = {
  parse: parseSourceOptions,
  list,
  read,
};
