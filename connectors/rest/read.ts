import type { Batch } from '../../shared/arrow/batch.ts';
import { SheafError } from '../../shared/errors.ts';
import { inOrder } from '../../shared/in-order.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import type { ReadContext, SourceBatches } from '../contract.ts';
import { type Page, RestClient } from './client.ts';
import type { RestPiece } from './list.ts';
import type { ParsedRest } from './options.ts';
import { firstUrl, nextUrl, numbered, pageUrl } from './pagination.ts';
import { placeOf } from './place.ts';
import { RowBatches } from './row-batches.ts';

/** Rows of the pieces' pages, in their order. */
export const read = (options: ParsedRest, pieces: readonly RestPiece[], context: ReadContext): SourceBatches => ({
  schema: toArrowSchema(context.columns),
  batches: batchesOf(options, pieces, context),
});

async function* batchesOf(
  options: ParsedRest,
  pieces: readonly RestPiece[],
  context: ReadContext,
): AsyncGenerator<Batch> {
  const { config, signal, permit } = context;
  const { origin } = new URL(options.url);
  const { requestsPerSecond } = options;
  const turn = requestsPerSecond === undefined ? () => Promise.resolve() : () => permit(origin, requestsPerSecond);
  await using client = new RestClient(options, config, signal, turn);
  const rows = new RowBatches(options, context);
  for (const piece of pieces) {
    for await (const page of pagesOf(client, options, piece, context)) {
      yield* rows.add(page.list, placeOf(page.url, pagingParams(options)), new Set(piece.columns));
    }
  }
  yield* rows.rest();
}

function pagesOf(
  client: RestClient,
  options: ParsedRest,
  piece: RestPiece,
  context: ReadContext,
): AsyncGenerator<Page> {
  const first = firstUrl(options, piece.since ?? undefined);
  const { pagination, concurrency = context.config.restConcurrentRequests } = options;
  const { from, to } = piece;
  if (to === null || !numbered(pagination)) return oneByOne(client, options, first, context);
  const calls = Array.from({ length: to - from }, (_, i) => () => client.page(pageUrl(first, pagination, from + i)));
  return inOrder(calls, concurrency);
}

/** Each page tells where the next one is. @throws SheafError `SOURCE_FAILED` if one leads back to an earlier one */
async function* oneByOne(
  client: RestClient,
  { pagination }: ParsedRest,
  first: string,
  { config }: ReadContext,
): AsyncGenerator<Page> {
  const seen = new Set<string>();
  for (let url: string | undefined = first, page = 0; url !== undefined; page++) {
    if (seen.has(url)) throw endless(url, 'leads back to a page that was read before');
    if (page >= config.restPagesMax) throw endless(url, `has more than ${config.restPagesMax} pages (restPagesMax)`);
    seen.add(url);
    const answer: Page = await client.page(url);
    yield answer;
    url = nextUrl(pagination, answer, page);
  }
}

const endless = (url: string, what: string): SheafError =>
  new SheafError('SOURCE_FAILED', `${placeOf(url)} ${what}`, { next: 'Check the option pagination.' });

/** Parameters that may be shown. */
function pagingParams({ pagination }: ParsedRest): readonly string[] {
  return numbered(pagination) ? [pagination.param] : [];
}
