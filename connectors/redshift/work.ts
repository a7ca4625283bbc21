import type { ConnectorContext, SinkContext } from '../contract.ts';
import { Session } from '../postgres/session.ts';
import { shortHash } from '../short-hash.ts';
import { parseTableName, type TableName, tableText } from '../table-name.ts';
import type { RedshiftOptions } from './options.ts';
import type { Staging } from './staging.ts';

/** What lies outside: tests try the transaction on PostgreSQL, with a folder for S3 and their own COPY. */
export interface RedshiftSeam {
  readonly staging: (options: RedshiftOptions, context: ConnectorContext) => Promise<Staging>;
  /** Fills the temporary table with the files that a manifest names. */
  readonly copy: (session: Session, manifest: string, options: RedshiftOptions) => Promise<void>;
}

/** What a receipt tells the commit. */
export type RedshiftReceipt = { readonly url: string; readonly fileBytes: number };

/** Where the run stages what goes to an output. */
export const folderOf = ({ run, output }: SinkContext): string => `${run}/${shortHash(output)}/`;
/** The table that the options name, in the schema `public` unless they name one. */
export const tableOf = ({ table }: RedshiftOptions): Required<TableName> => ({
  schema: 'public',
  ...parseTableName(table),
});

/** A connection to the cluster, with its errors told as the sink's. @throws SheafError `SINK_FAILED` */
export const openSession = (options: RedshiftOptions, context: ConnectorContext): Promise<Session> =>
  Session.open(
    { side: 'sink', server: options.server, thing: tableText(tableOf(options)) },
    { ...context, statementTimeoutMs: options.statementTimeoutMs, dialect: 'redshift' },
  );
