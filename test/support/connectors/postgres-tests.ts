import { after, before } from 'node:test';
import { postgresSink } from '../../../connectors/postgres/sink/sink.ts';
import type { Json } from '../../../shared/json.ts';
import { startPostgres, type TestPostgres } from '../servers/postgres.ts';
import { ConnectorLab } from './connectors.ts';
import { Load } from './loads.ts';

/** A server for the tests of one file. Call it at the top of the file. */
export function postgresServer() {
  const lab = new ConnectorLab();
  let server: TestPostgres;
  before(async () => {
    server = await startPostgres();
  });
  after(async () => {
    await server.stop();
    lab[Symbol.dispose]();
  });
  return { lab, server: () => server };
}

/** A server for the tests of one file, and loads into it. Call it at the top of the file. */
export function postgresTests() {
  const { lab, server } = postgresServer();
  const parse = (options: Record<string, Json>) => postgresSink.parse({ connection: server().url, ...options });
  const rowsOf = (sql: string) => server().query(sql);
  const leftovers = () => rowsOf("SELECT relname FROM pg_class WHERE relname LIKE 'sheaf\\_stage%'");

  /** One run with a SELECT of DuckDB for each task. */
  async function load(options: Record<string, Json>, run: string, ...selects: readonly string[]) {
    const tasks = selects.map((sql) => lab.select(sql));
    const loading = new Load(postgresSink, parse(options), lab, run, tasks[0]?.columns ?? []);
    await loading.prepare();
    const receipts = [];
    for (const rows of tasks) receipts.push(await loading.write(rows, { alone: tasks.length === 1 }));
    const committed = await loading.commit(receipts, { source: run });
    return { loading, receipts, committed };
  }

  return { lab, parse, rowsOf, leftovers, load, server };
}
