import { z } from 'zod';
import { SheafError } from '../../shared/errors.ts';
import { parseOptions } from '../options.ts';

/**
 * Where the pages of an API are, and how it tells where the next one is. Paths are into the answer: `meta.next`,
 * `data.items`.
 */
export type Pagination =
  | { readonly kind: 'none' }
  /** The header `Link: <…>; rel="next"` (RFC 8288). */
  | { readonly kind: 'link' }
  /** The answer holds the next page's address. */
  | { readonly kind: 'next'; readonly path: string }
  /** The answer holds a token, which the next request names. */
  | { readonly kind: 'cursor'; readonly param: string; readonly path: string }
  /** Pages have numbers. With a total, they are read in parallel. */
  | {
      readonly kind: 'page';
      readonly param: string;
      /** Of the first page. Default 1. */
      readonly first?: number;
      readonly size?: PageSize;
      readonly total?: Total;
    }
  /** Rows have numbers. With a total, pages are read in parallel. */
  | { readonly kind: 'offset'; readonly param: string; readonly size: PageSize; readonly total?: Total };

/** How many rows a page has, and the parameter that asks for so many. */
interface PageSize {
  readonly param: string;
  readonly rows: number;
}

/** How many there are: of rows or pages, told in the answer or in a header. */
export interface Total {
  readonly of: 'rows' | 'pages';
  readonly path?: string;
  readonly header?: string;
}

/** How requests prove who asks. */
export type Authentication =
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'basic'; readonly user: string; readonly password: string }
  /** In a header, or in the query. */
  | { readonly kind: 'apiKey'; readonly key: string; readonly header?: string; readonly query?: string }
  /** Client credentials (RFC 6749, 4.4). Tokens are kept until they expire, and asked for again when one is refused. */
  | {
      readonly kind: 'oauth2';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope?: string;
    };

/** An API whose answers are JSON. */
export interface RestOptions {
  /** Of the first page. */
  readonly url: string;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: Authentication;
  readonly pagination?: Pagination;
  /** Path of the list of rows in the answer. Default: the answer itself, or the only list in it. */
  readonly rows?: string;
  /** Requests a second to this API, of the whole cluster together. Default: as fast as it answers. */
  readonly requestsPerSecond?: number;
  /** Requests under way at a time, of each task. Default: restConcurrentRequests. */
  readonly concurrency?: number;
  /** Reads only what is new: the parameter that is given the greatest value of the column that was loaded before. */
  readonly incremental?: { readonly param: string; readonly column: string; readonly first?: string };
  /** Fields that the columns do not have: left out (default), or the row is rejected. */
  readonly unknownFields?: 'ignore' | 'reject';
}

const text = z.string().min(1);
const size = z.strictObject({ param: text, rows: z.int().min(1) });
const total = z
  .strictObject({ of: z.enum(['rows', 'pages']), path: text.optional(), header: text.optional() })
  .refine(({ path, header }) => (path === undefined) !== (header === undefined), 'name a path or a header');

const pagination = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('link') }),
  z.strictObject({ kind: z.literal('next'), path: text }),
  z.strictObject({ kind: z.literal('cursor'), param: text, path: text }),
  z.strictObject({
    kind: z.literal('page'),
    param: text,
    first: z.int().min(0).default(1),
    size: size.optional(),
    total: total.optional(),
  }),
  z.strictObject({ kind: z.literal('offset'), param: text, size, total: total.optional() }),
]);

const auth = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), token: text }),
  z.strictObject({ kind: z.literal('basic'), user: z.string(), password: z.string() }),
  z.strictObject({ kind: z.literal('apiKey'), key: text, header: text.optional(), query: text.optional() }),
  z.strictObject({
    kind: z.literal('oauth2'),
    tokenUrl: z.url(),
    clientId: text,
    clientSecret: text,
    scope: text.optional(),
  }),
]);

const options = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  query: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  headers: z.record(z.string(), z.string()).default({}),
  auth: auth.optional(),
  pagination: pagination.default({ kind: 'none' }),
  rows: text.optional(),
  requestsPerSecond: z.number().positive().optional(),
  concurrency: z.int().min(1).max(256).optional(),
  incremental: z.strictObject({ param: text, column: text, first: text.optional() }).optional(),
  unknownFields: z.enum(['ignore', 'reject']).default('ignore'),
});

/** Options as the connector works with them: checked, with defaults. */
export type ParsedRest = z.output<typeof options>;
/** How pages follow each other, checked, with defaults. */
export type ParsedPagination = ParsedRest['pagination'];

/** @throws SheafError `PLAN_INVALID` naming the option */
export function parseRestOptions(given: unknown): ParsedRest {
  const parsed = parseOptions(options, given, 'source.rest');
  const { auth } = parsed;
  if (auth?.kind === 'apiKey' && (auth.header === undefined) === (auth.query === undefined)) {
    throw new SheafError('PLAN_INVALID', 'source.rest, option auth: an API key goes in a header or in the query', {
      next: "Name one of them: { kind: 'apiKey', key: secret('KEY'), header: 'X-Api-Key' }.",
    });
  }
  return parsed;
}
