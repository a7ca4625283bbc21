import type { SinkConnector, SinkContext } from '../../contract.ts';
import { parseTableName } from '../../table-name.ts';
import { parseSinkOptions, type SinkOptions } from '../options.ts';
import { Session } from '../session.ts';
import { commit } from './commit.ts';
import { type PreparedTable, prepare, sinkPlace } from './prepare.ts';
import { dropStaging } from './staging.ts';
import { resolveTarget } from './target.ts';
import { write } from './write.ts';

/** Tables of PostgreSQL: staging by binary COPY, and one transaction with an entry in a ledger. */
export const postgresSink: SinkConnector<SinkOptions, PreparedTable> = {
  parse: parseSinkOptions,
  prepare,
  write,
  commit,
  clean,
};

async function clean(options: SinkOptions, context: SinkContext): Promise<void> {
  await using session = await Session.open(sinkPlace(options), { ...context, ...options });
  const { schema } = await resolveTarget(session, parseTableName(options.table));
  const dropped = await dropStaging(
    session,
    options.stagingSchema ?? schema,
    context,
    Date.now() - context.config.postgresStagingAgeMsMax,
  );
  if (dropped.length > 0) context.log.info({ tables: dropped }, 'dropped staging tables');
}
