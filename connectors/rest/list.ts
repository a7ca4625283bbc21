import { SheafError } from '../../shared/errors.ts';
import type { ListContext, Listing } from '../contract.ts';
import { RestClient } from './client.ts';
import { sinceText } from './cursor.ts';
import { inferColumns } from './infer.ts';
import type { ParsedRest } from './options.ts';
import { firstUrl, numbered, pagesOf } from './pagination.ts';
import { placeOf } from './place.ts';

/** Pages `[from, to)` counted from 0; `to` is null where nobody knows how many there are. */
export type RestPiece = {
  readonly since: string | null;
  readonly from: number;
  readonly to: number | null;
  /** Names of all columns. */
  readonly columns: readonly string[];
};

/** The first page tells the columns, unless they are given, and how many pages there are, if it does. */
export async function list(options: ParsedRest, context: ListContext<string>): Promise<Listing<RestPiece, string>> {
  const { config, signal, schema: given } = context;
  await using client = new RestClient(options, config, signal, () => Promise.resolve());
  const since = sinceText(context.cursor ?? options.incremental?.first);
  const first = await client.page(firstUrl(options, since));
  const sample =
    given || first.rows > 0 || since === undefined ? first : await client.page(firstUrl(options, undefined));
  const schema = given ?? inferColumns(sample.list);
  if (schema.length === 0) throw nothingToInfer(options);
  const pages = numbered(options.pagination) ? pagesOf(options.pagination, first) : undefined;
  const columns = schema.map(({ name }) => name);
  const rowBytes = Math.max(1, JSON.stringify(first.body ?? null).length / Math.max(1, first.rows));
  const ranges = first.rows === 0 ? [] : rangesOf(pages, config.restPagesPerPiece);
  return {
    schema,
    pieces: ranges.map(({ from, to }) => {
      const rows = to === null ? 0 : (to - from) * first.rows;
      return {
        piece: { since: since ?? null, from, to, columns },
        rows,
        bytes: Math.ceil(rowBytes * Math.max(rows, first.rows)),
      };
    }),
    deterministic: false,
  };
}

function rangesOf(
  pages: number | undefined,
  perPiece: number,
): { readonly from: number; readonly to: number | null }[] {
  if (pages === undefined) return [{ from: 0, to: null }];
  return Array.from({ length: Math.ceil(pages / perPiece) }, (_, i) => ({
    from: i * perPiece,
    to: Math.min(pages, (i + 1) * perPiece),
  }));
}

const nothingToInfer = ({ url }: ParsedRest): SheafError =>
  new SheafError('SCHEMA_MISMATCH', `${placeOf(url)} has no rows, so its columns are not known`, {
    next: "Give them: source.rest({ …, schema: { id: 'bigint', name: 'varchar' } }).",
  });
