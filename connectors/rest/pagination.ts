import { SheafError } from '../../shared/errors.ts';
import type { ParsedPagination, ParsedRest } from './options.ts';
import { at } from './paths.ts';

/** A page of an answer, as far as paging goes. */
export interface Answer {
  /** Where it was asked for, after redirects. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: unknown;
  readonly rows: number;
}

/** The first page's address. */
export function firstUrl({ url, query, pagination, incremental, auth }: ParsedRest, since: string | undefined): string {
  const first = new URL(url);
  for (const [name, value] of Object.entries(query)) first.searchParams.set(name, String(value));
  if (incremental && since !== undefined) first.searchParams.set(incremental.param, since);
  if (auth?.kind === 'apiKey' && auth.query !== undefined) first.searchParams.set(auth.query, auth.key);
  return numbered(pagination) ? pageUrl(first.href, pagination, 0) : first.href;
}

type Numbered = Extract<ParsedPagination, { kind: 'page' | 'offset' }>;

/** Whether pages can be asked for without those before them. */
export const numbered = (pagination: ParsedPagination): pagination is Numbered =>
  pagination.kind === 'page' || pagination.kind === 'offset';

/** @param page counted from 0 */
export function pageUrl(url: string, pagination: Numbered, page: number): string {
  const place = new URL(url);
  const { param, size } = pagination;
  const number = pagination.kind === 'page' ? pagination.first + page : page * pagination.size.rows;
  place.searchParams.set(param, String(number));
  if (size) place.searchParams.set(size.param, String(size.rows));
  return place.href;
}

/** How many pages there are, if the answer tells. */
export function pagesOf(pagination: Numbered, { headers, body, rows }: Answer): number | undefined {
  const { total, size } = pagination;
  if (total === undefined) return undefined;
  const told = Number(total.header === undefined ? at(body, total.path ?? '') : headers[total.header.toLowerCase()]);
  if (!Number.isFinite(told) || told < 0) return undefined;
  if (total.of === 'pages') return Math.ceil(told);
  const perPage = size?.rows ?? rows;
  return perPage > 0 ? Math.ceil(told / perPage) : 0;
}

/** The page after an answer; undefined after the last. */
export function nextUrl(pagination: ParsedPagination, answer: Answer, page: number): string | undefined {
  switch (pagination.kind) {
    case 'none':
      return undefined;
    case 'link':
      return absolute(linkNext(answer.headers.link), answer.url);
    case 'next':
      return absolute(textAt(answer.body, pagination.path), answer.url);
    case 'cursor': {
      const token = textAt(answer.body, pagination.path);
      if (token === undefined) return undefined;
      const url = new URL(answer.url);
      url.searchParams.set(pagination.param, token);
      return url.href;
    }
    default:
      return isLast(pagination, answer) ? undefined : pageUrl(answer.url, pagination, page + 1);
  }
}

/** An empty page is the last; one that is not full, too, where it is known how many rows a full one has. */
const isLast = ({ size }: Numbered, { rows }: Answer): boolean =>
  rows === 0 || (size !== undefined && rows < size.rows);

function textAt(body: unknown, path: string): string | undefined {
  const value = at(body, path);
  return typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;
}

/** `<https://…?page=2>; rel="next", <…>; rel="last"` */
function linkNext(header: string | readonly string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(', ') : (header as string | undefined);
  const [, url] = /<([^>]*)>(?:\s*;\s*[^,;]+)*?\s*;\s*rel="?(?:[^",;]*\s)?next\b/i.exec(text ?? '') ?? [];
  return url;
}

/** @throws SheafError `SOURCE_FAILED` if the next page is at another server: its address came from outside */
function absolute(next: string | undefined, from: string): string | undefined {
  if (next === undefined) return undefined;
  const url = new URL(next, from);
  if (url.origin === new URL(from).origin) return url.href;
  throw new SheafError('SOURCE_FAILED', `${new URL(from).origin} says that its next page is at ${url.origin}`, {
    next: 'Read that server by its own address, if it is meant.',
  });
}
