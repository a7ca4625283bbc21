import type { Schema as ArrowSchema } from 'apache-arrow';
import { type ConnectorPlace, connectorError } from '../../connectors/connector-error.ts';
import type { SourceBatches } from '../../connectors/contract.ts';
import { sourceConnector } from '../../connectors/registry.ts';
import type { Batch } from '../../shared/arrow/batch.ts';
import { type Input, onceInput } from '../../shared/duckdb/input/input.ts';
import { SheafError } from '../../shared/errors.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import type { LocalInput } from '../pool/protocol.ts';
import type { ConnectorServices } from './services.ts';

type ExtractInput = Extract<LocalInput, { kind: 'extract' }>;

/** How a task's source is read. */
export interface ReadSourceOptions {
  readonly services: ConnectorServices;
  /** Of the attempt alone. */
  readonly directory: string;
  /** The SQL may read it more than once. */
  readonly again: boolean;
  /** Writes what can be read only once to the attempt's disk. */
  readonly spool: (schema: ArrowSchema, batches: Iterable<Batch> | AsyncIterable<Batch>) => Promise<Input>;
}

/**
 * The pieces of one task, as an input of its SQL: batches that come synchronously stream into DuckDB, others are
 * spooled first.
 *
 * @throws SheafError of the connector, with its name and the pieces; `CANCELLED`
 */
export async function readSource(input: ExtractInput, options: ReadSourceOptions): Promise<Input> {
  const { source, pieces, schema: columns } = input;
  const { services, directory, again, spool } = options;
  const place: ConnectorPlace = { use: 'source', connector: source.connector, pieces };
  try {
    const connector = await sourceConnector(source.connector);
    const values = connector.parse(services.secrets.resolve(source.options));
    const context = { ...services.context, columns, directory, permit: services.permit };
    const read = await services.settled(connector.read(values, pieces, context));
    checkColumns(read, columns);
    const { schema, batches } = read;
    if (!(Symbol.iterator in batches)) return await spool(schema, watchedAsync(batches, services, place));
    const watched = watchedSync(batches, services, place);
    return again ? await spool(schema, watched) : onceInput(schema, watched);
  } catch (thrown) {
    throw isCancel(thrown) ? thrown : connectorError(thrown, place);
  }
}

/** Whether an error says that the attempt is over, not that something failed. */
export const isCancel = (thrown: unknown): boolean => thrown instanceof SheafError && thrown.code === 'CANCELLED';

/** A source whose batches are of other types than it said would be read as something else. */
export function checkColumns({ schema }: Pick<SourceBatches, 'schema'>, columns: ExtractInput['schema']): void {
  const texts = (fields: ArrowSchema['fields']): string => fields.map(({ name, type }) => `${name} ${type}`).join(', ');
  const [wanted, given] = [texts(toArrowSchema(columns).fields), texts(schema.fields)];
  if (wanted === given) return;
  throw new SheafError('SCHEMA_MISMATCH', `The source yields (${given}) where (${wanted}) was asked for`, {
    next: 'This is a bug in the connector: please report it.',
  });
}

function* watchedSync(batches: Iterable<Batch>, services: ConnectorServices, place: ConnectorPlace): Generator<Batch> {
  const iterator = batches[Symbol.iterator]();
  let open = true;
  try {
    while (open) {
      services.check();
      const next = guarded(() => iterator.next(), place);
      open = !next.done;
      if (!next.done) yield next.value;
    }
  } finally {
    if (open) iterator.return?.();
  }
}

function guarded<T>(act: () => T, place: ConnectorPlace): T {
  try {
    return act();
  } catch (thrown) {
    throw isCancel(thrown) ? thrown : connectorError(thrown, place);
  }
}

/** A connector that does not heed the signal is left behind: see `ConnectorServices.settled`. */
async function* watchedAsync(
  batches: AsyncIterable<Batch>,
  services: ConnectorServices,
  place: ConnectorPlace,
): AsyncGenerator<Batch> {
  const iterator = batches[Symbol.asyncIterator]();
  let open = true;
  try {
    while (open) {
      services.check();
      const next = await services.settled(iterator.next());
      open = !next.done;
      if (!next.done) yield next.value;
    }
  } catch (thrown) {
    throw isCancel(thrown) ? thrown : connectorError(thrown, place);
  } finally {
    // A reader that is still busy ends when its call does; nobody waits for that.
    if (open) await services.settled(Promise.resolve(iterator.return?.())).catch(() => {});
  }
}
