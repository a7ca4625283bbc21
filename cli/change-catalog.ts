import type { Statement } from '../client/catalog/statement.ts';
import type { Cluster } from '../client/cluster.ts';
import { SheafError } from '../shared/errors.ts';
import { printJson, say } from './output/print.ts';
import type { ParameterValues } from './parameters.ts';

/** Options of `sheaf sql` that a change of the catalog heeds. */
export interface CatalogOptions {
  readonly json?: true;
  /** Of CREATE TABLE: where its files go. */
  readonly path?: string;
  readonly param?: ParameterValues;
}

/** Does what CREATE and DROP say: reports to people on stderr, to programs as JSON. */
export async function changeCatalog(
  cluster: Cluster,
  statement: Statement,
  { json, path, param }: CatalogOptions,
  signal: AbortSignal,
): Promise<void> {
  const { what, name } = statement;
  if (statement.kind === 'drop') {
    const { ifExists } = statement;
    const dropped = await (what === 'table'
      ? cluster.dropTable(name, { ifExists })
      : cluster.dropView(name, { ifExists }));
    return json
      ? printJson({ dropped })
      : say(dropped ? `Dropped the ${what} ${name}.` : `There is no ${what} ${name}.`);
  }
  const { replace } = statement;
  const dataset = cluster.sql(statement.query, param);
  if (what === 'table' && path === undefined) throw noPath(name);
  const made =
    what === 'view'
      ? await cluster.createView(name, dataset, { replace })
      : await cluster.createTable(name, dataset, { replace, signal, ...(path === undefined ? {} : { path }) });
  return json
    ? printJson(made)
    : say(`Made the ${what} ${name} of ${made.schema.length} column${made.schema.length === 1 ? '' : 's'}.`);
}

const noPath = (name: string): SheafError =>
  new SheafError('USAGE', `The table ${name} needs a place for its rows`, {
    next: 'Say which directory, seen by all workers, with --path; or CREATE VIEW: its question is asked anew each time.',
  });
