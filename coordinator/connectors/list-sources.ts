import { connectorError } from '../../connectors/connector-error.ts';
import type { ListContext, Listing, SourceConnector } from '../../connectors/contract.ts';
import { sourceConnector } from '../../connectors/registry.ts';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { ExtractNode } from '../../shared/plan/nodes/extract.ts';
import { extractKey, extractsOf } from '../../shared/plan/walk.ts';
import type { Secrets } from '../../shared/secrets.ts';
import type { Extracts } from '../planner/source.ts';

/** What is to be read of one source now. */
interface SourceListing {
  readonly node: ExtractNode;
  readonly listing: Listing;
}

/** By `extractKey`. */
export type Listings = ReadonlyMap<string, SourceListing>;

/** What listing sources needs, beside the plan. */
export interface ListSourcesOptions {
  readonly secrets: Secrets;
  /** How many tasks are worth having. */
  readonly slots: number;
  readonly config: Config;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Lists all sources that a plan extracts from, except those that are known already.
 *
 * @throws SheafError of the connector, with its name; `SECRET_UNKNOWN`, `PLAN_INVALID`, `CONNECTOR_MISSING`,
 * `QUOTA_EXCEEDED`
 */
export async function listSources(plan: PlanNode, known: Listings, options: ListSourcesOptions): Promise<Listings> {
  const nodes = extractsOf(plan);
  const listed = nodes.map(async (node) => {
    const key = extractKey(node);
    return [key, known.get(key) ?? (await listOne(node, options))] as const;
  });
  return new Map(await Promise.all(listed));
}

async function listOne(node: ExtractNode, options: ListSourcesOptions): Promise<SourceListing> {
  const { secrets, slots, config, log, signal } = options;
  const { connector: name, schema, cursor } = node;
  try {
    const connector = await sourceConnector(name);
    const values = connector.parse(secrets.resolve(node.options));
    if (node.reread)
      return {
        node,
        listing: await columnsOnly(connector, values, { config, log, signal, slots, ...(schema && { schema }) }),
      };
    const wanted = { ...(schema === undefined ? {} : { schema }), ...(cursor === undefined ? {} : { cursor }) };
    const listing = await connector.list(values, { config, log, signal, slots, ...wanted });
    check(listing, config.listedPiecesMax);
    return { node, listing };
  } catch (thrown) {
    throw connectorError(thrown, { use: 'source', connector: name });
  }
}

/** Of what is read again only the columns are asked for. */
async function columnsOnly(
  { reread }: SourceConnector,
  values: unknown,
  context: ListContext<never>,
): Promise<Listing> {
  if (reread === undefined) throw cannotReread();
  return { schema: await reread.columns(values, context), pieces: [], deterministic: true };
}

const cannotReread = (): SheafError =>
  new SheafError('NOT_SUPPORTED', 'The connector cannot read rows again from their text', {
    next: 'Correct the source, and run the pipeline again.',
  });

function check({ schema, pieces }: Listing, piecesMax: number): void {
  if (schema.length === 0) {
    throw new SheafError('SCHEMA_MISMATCH', 'The source has no columns', { next: 'Give its schema.' });
  }
  if (pieces.length <= piecesMax) return;
  throw new SheafError('QUOTA_EXCEEDED', `The source has ${pieces.length} pieces; the limit is ${piecesMax}`, {
    next: 'Read less at a time, or raise listedPiecesMax.',
  });
}

/** What the planner needs of listings. */
export const toExtracts = (listings: Listings): Extracts =>
  Object.fromEntries(
    [...listings].map(([key, { listing }]) => {
      const { schema, pieces, deterministic } = listing;
      return [key, { schema, pieces, deterministic }];
    }),
  );
