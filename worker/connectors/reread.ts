import { type ConnectorPlace, connectorError } from '../../connectors/connector-error.ts';
import type { UnreadRow } from '../../connectors/contract.ts';
import { sourceConnector } from '../../connectors/registry.ts';
import type { Batch } from '../../shared/arrow/batch.ts';
import { assert } from '../../shared/errors.ts';
import type { RereadStep } from '../../shared/stage/step.ts';
import { createRowReader } from '../../shared/types/row-reader.ts';
import type { TaskContext } from '../kernel/context.ts';
import type { Relation } from '../kernel/relation.ts';
import { checkColumns, isCancel } from './read-source.ts';
import type { ConnectorServices } from './services.ts';

/**
 * Rows of which only the text is left, as their source reads them now: batch by batch, as the step after it asks for
 * them.
 *
 * @throws SheafError of the connector, with its name; `CANCELLED`, and what the step before it throws
 */
export async function rereadRows(step: RereadStep, previous: Relation, { services }: TaskContext): Promise<Relation> {
  assert(services !== undefined, 'a task that reads through a connector has services');
  const place: ConnectorPlace = { use: 'source', connector: step.source.connector };
  try {
    const { parse, reread } = await sourceConnector(step.source.connector);
    assert(reread !== undefined, `${step.source.connector} reads rows again`);
    const input = new Unread(previous, services);
    const context = { ...services.context, data: step.columns, columns: step.schema };
    const read = reread.read(parse(services.secrets.resolve(step.source.options)), input.rows(), context);
    checkColumns(read, step.schema);
    return { schema: read.schema, batches: inTerms(read.batches, input, place) };
  } catch (thrown) {
    throw isCancel(thrown) ? thrown : connectorError(thrown, place);
  }
}

/** The texts, and what went wrong with getting them: that is not the connector's. */
class Unread {
  readonly #previous: Relation;
  readonly #services: ConnectorServices;
  error: unknown;

  constructor(previous: Relation, services: ConnectorServices) {
    this.#previous = previous;
    this.#services = services;
  }

  *rows(): Generator<UnreadRow> {
    try {
      const reader = createRowReader(this.#previous.schema.fields);
      for (const batch of this.#previous.batches) {
        this.#services.check();
        reader.bind(batch);
        for (let row = 0; row < batch.rows; row++) yield unreadOf(reader.row(row));
      }
    } catch (thrown) {
      this.error = thrown;
      throw thrown;
    }
  }
}

const unreadOf = ({ source, position, text }: Readonly<Record<string, unknown>>): UnreadRow => ({
  source: String(source),
  position: Number(position),
  text: String(text),
});

function* inTerms(batches: Iterable<Batch>, input: Unread, place: ConnectorPlace): Generator<Batch> {
  try {
    yield* batches;
  } catch (thrown) {
    throw thrown === input.error || isCancel(thrown) ? thrown : connectorError(thrown, place);
  }
}
