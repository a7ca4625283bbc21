import { join } from 'node:path';
import { after } from 'node:test';
import type { SettingName } from '../../../shared/config/config.ts';
import { Connection } from '../../../shared/duckdb/connection.ts';
import { Database } from '../../../shared/duckdb/database.ts';
import { inProcessCluster } from './in-process-cluster.ts';

/**
 * A cluster in this process, and a connection to a DuckDB that is asked the same, for the tests of one file. Call it at
 * the top of the file.
 */
export async function clusterBesideDuckdb(overrides: Partial<Record<SettingName, number>>) {
  const setup = await inProcessCluster(overrides);
  const { cluster, folder } = setup;
  const database = Database.open({ memoryLimitBytes: 2 ** 28, tempDirectory: join(folder, 'spill') });
  const connection = Connection.open(database.address);
  after(async () => {
    connection[Symbol.dispose]();
    database[Symbol.dispose]();
    await setup[Symbol.asyncDispose]();
  });
  return { cluster, folder, connection };
}
