import { literal } from '../../../shared/sql/text.ts';
import type { SinkContext } from '../../contract.ts';
import { shortHash } from '../../short-hash.ts';
import { quotedTable } from '../../table-name.ts';
import type { Session } from '../session.ts';

/**
 * Names of staging tables: `sheaf_stage_<run and output>_<seconds>_<attempt>`, hashes where names could be longer than
 * 63 bytes. The table's comment says what they stand for.
 */
const prefix = 'sheaf_stage_';

const prefixOf = ({ run, output }: SinkContext): string => `${prefix}${shortHash(`${run}/${output}`)}_`;

/** @param nowMs when the attempt began: leftovers are known by their age */
export const stagingName = (context: SinkContext & { readonly attempt: string }, nowMs: number): string =>
  `${prefixOf(context)}${Math.floor(nowMs / 1000)}_${shortHash(context.attempt)}`;

/** For people who find the table. */
export const stagingComment = ({
  pipeline,
  run,
  output,
  attempt,
}: SinkContext & { readonly attempt: string }): string =>
  `Sheaf: pipeline ${pipeline}, run ${run}, output ${output}, attempt ${attempt}`;

/**
 * Drops the run's staging tables, and those of any run that are older than the age: one by one, so that a locked table
 * does not stop the others. A locked table of another run is left.
 */
export async function dropStaging(
  session: Session,
  schema: string,
  context: SinkContext,
  olderThanMs: number,
): Promise<readonly string[]> {
  const tables = await session.rows<{ name: string; own: string }>(
    `SELECT c.relname AS name, starts_with(c.relname, $2) AS own FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind = 'r' AND (starts_with(c.relname, $2)
       OR (c.relname ~ '^${prefix}[0-9a-f]{16}_[0-9]+_[0-9a-f]{16}$' AND split_part(c.relname, '_', 4)::bigint < $3))`,
    [schema, prefixOf(context), Math.floor(olderThanMs / 1000)],
  );
  for (const { name, own } of tables) {
    const drop = `DROP TABLE IF EXISTS ${quotedTable({ schema, name })}`;
    // A leftover of others may still be written by them, after all.
    await session.run(own === 't' ? drop : `DO ${literal(`BEGIN ${drop}; EXCEPTION WHEN OTHERS THEN NULL; END`)}`);
  }
  return tables.map(({ name }) => name);
}
