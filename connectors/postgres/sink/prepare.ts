import type { Schema } from '../../../shared/schema.ts';
import type { PrepareContext } from '../../contract.ts';
import { parseTableName, type TableName, tableText } from '../../table-name.ts';
import type { Place } from '../errors.ts';
import type { SinkOptions } from '../options.ts';
import { Session } from '../session.ts';
import { postgresTypeOf } from '../types/to-postgres.ts';
import { agree } from './contract-check.ts';
import type { StagedColumn } from './fit.ts';
import { ensureLedger } from './ledger.ts';
import { describeTarget, resolveTarget } from './target.ts';

/** What every writer and the commit need to know: plain data. */
export type PreparedTable = {
  readonly schema: string;
  readonly name: string;
  readonly stagingSchema: string;
  /** COPY goes straight into the table if one task writes all rows. */
  readonly direct: boolean;
};

/** The target, for messages. */
export const sinkPlace = (options: SinkOptions): Place => ({
  side: 'sink',
  server: options.server,
  thing: tableText(parseTableName(options.table)),
});

/** The incoming columns, in types that hold all of their values. */
export const stagedColumns = (schema: Schema): StagedColumn[] =>
  schema.map(({ name, type }) => ({ name, type: postgresTypeOf(type) }));

/** Refuses early what the commit would refuse, and makes the ledger. The target is not touched. */
export async function prepare(options: SinkOptions, context: PrepareContext): Promise<PreparedTable> {
  await using session = await Session.open(sinkPlace(options), { ...context, ...options });
  const table: Required<TableName> = await resolveTarget(session, parseTableName(options.table));
  const staged = stagedColumns(context.schema);
  const target = await describeTarget(session, table);
  const { placed } = agree(options, table, staged, target);
  await ensureLedger(session, table.schema, options.contract === 'reject');
  const isPlain =
    options.mode !== 'merge' && options.contract !== 'reject' && placed.every(({ fit }) => fit === 'same');
  return { ...table, stagingSchema: options.stagingSchema ?? table.schema, direct: options.direct && isPlain };
}
