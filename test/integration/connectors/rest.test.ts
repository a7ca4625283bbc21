import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SourceConnector } from '../../../connectors/contract.ts';
import { source as rest } from '../../../connectors/rest/connector.ts';
import type { Pagination, RestOptions } from '../../../connectors/rest/options.ts';
import { type ReadSourceOptions, readSource } from '../../support/connectors/read-source.ts';
import { type Asked, startApi } from '../../support/servers/hostile-api.ts';

const read = (options: RestOptions, more: ReadSourceOptions = {}) =>
  readSource(rest as unknown as SourceConnector<never, never, never>, options, {
    ...more,
    settings: { restRetryDelayMs: 1, restRetryDelayMsMax: 4, restPagesPerPiece: 3, ...more.settings },
  });

const all = Array.from({ length: 23 }, (_, i) => ({ id: i, name: `n${i}` }));
const ids = (rows: readonly Record<string, unknown>[]) => rows.map(({ id }) => Number(id));
const number = (asked: Asked, name: string, otherwise: number) => Number(asked.url.searchParams.get(name) ?? otherwise);

/** Pages of five rows, in each way of paging. */
const ways: readonly (readonly [
  string,
  Pagination,
  (asked: Asked, url: string, set: (name: string, value: string) => void) => unknown,
])[] = [
  ['numbered pages', { kind: 'page', param: 'page' }, (asked) => pageOf(number(asked, 'page', 1) - 1)],
  [
    'numbered pages with a total of rows',
    { kind: 'page', param: 'page', size: { param: 'per', rows: 5 }, total: { of: 'rows', path: 'meta.total' } },
    (asked) => ({ items: pageOf(number(asked, 'page', 1) - 1), meta: { total: 23 } }),
  ],
  [
    'numbered pages with a total of pages in a header',
    { kind: 'page', param: 'p', first: 0, total: { of: 'pages', header: 'X-Pages' } },
    (asked, _, set) => {
      set('X-Pages', '5');
      return pageOf(number(asked, 'p', 0));
    },
  ],
  [
    'offsets',
    { kind: 'offset', param: 'skip', size: { param: 'take', rows: 5 } },
    (asked) => pageOf(number(asked, 'skip', 0) / number(asked, 'take', 1)),
  ],
  [
    'offsets with a total',
    { kind: 'offset', param: 'skip', size: { param: 'take', rows: 5 }, total: { of: 'rows', header: 'x-total-count' } },
    (asked, _, set) => {
      set('X-Total-Count', '23');
      return pageOf(number(asked, 'skip', 0) / 5);
    },
  ],
  [
    'links',
    { kind: 'link' },
    (asked, _, set) => {
      const page = number(asked, 'at', 0);
      set(
        'Link',
        page < 4 ? `</all?at=0>; rel="first", </all?at=${page + 1}>; rel="next"` : '</all?at=0>; rel="first"',
      );
      return pageOf(page);
    },
  ],
  [
    'the next address in the answer',
    { kind: 'next', path: 'links.next' },
    (asked, url) => {
      const page = number(asked, 'at', 0);
      return { data: pageOf(page), links: { next: page < 4 ? `${url}/all?at=${page + 1}` : null } };
    },
  ],
  [
    'cursors',
    { kind: 'cursor', param: 'after', path: 'cursor' },
    (asked) => {
      const page = number(asked, 'after', 0);
      return { rows: pageOf(page), cursor: page < 4 ? `${page + 1}` : '' };
    },
  ],
];

const pageOf = (page: number) => all.slice(page * 5, page * 5 + 5);

describe('pages', () => {
  for (const [name, pagination, answer] of ways) {
    test(`by ${name}: every row once, in order`, async () => {
      await using api = await startApi((asked, _, response) =>
        answer(asked, api.url, (header, value) => response.setHeader(header, value)),
      );
      const { rows, listing } = await read({ url: `${api.url}/all`, pagination });
      assert.deepEqual(
        ids(rows),
        all.map(({ id }) => id),
      );
      assert.deepEqual(listing.schema, [
        { name: 'id', type: 'BIGINT' },
        { name: 'name', type: 'VARCHAR' },
      ]);
      assert.equal(listing.pieces.length, 'total' in pagination ? 2 : 1);
    });
  }

  test('that lead back to an earlier one do not go round for ever', async () => {
    await using api = await startApi(() => ({ rows: pageOf(0), cursor: 'again' }));
    await assert.rejects(read({ url: api.url, pagination: { kind: 'cursor', param: 'after', path: 'cursor' } }), {
      code: 'SOURCE_FAILED',
      message: /read before/,
    });
  });

  test('at another server are not followed: who we are is not for it', async () => {
    await using api = await startApi(() => ({ rows: pageOf(0), next: 'http://192.0.2.1/x' }));
    await assert.rejects(read({ url: api.url, pagination: { kind: 'next', path: 'next' } }), {
      code: 'SOURCE_FAILED',
      message: /192\.0\.2\.1/,
    });
  });
});

describe('answers that pass', () => {
  test('are asked for again: 429 with Retry-After, 500, 503, a cut connection', async () => {
    const starts = new Map<string, number>();
    await using api = await startApi((asked, _, response) => {
      const page = asked.url.searchParams.get('page') ?? '';
      const tries = (starts.get(page) ?? 0) + 1;
      starts.set(page, tries);
      if (tries === 1 && page !== '1') {
        if (page === '2') return void response.writeHead(429, { 'retry-after': '1' }).end();
        if (page === '3') return void response.writeHead(500).end('oops');
        if (page === '4')
          return void response.writeHead(200, { 'content-length': '1000' }).write('[{"id"', () => response.destroy());
        return void response.writeHead(503).end();
      }
      return pageOf(Number(page) - 1);
    });
    const { rows } = await read({ url: api.url, pagination: { kind: 'page', param: 'page' } });
    assert.deepEqual(
      ids(rows),
      all.map(({ id }) => id),
    );
    const second = api.asked.filter(({ url }) => url.searchParams.get('page') === '2').map(({ atMs }) => atMs);
    assert.ok((second[1] ?? 0) - (second[0] ?? 0) >= 950, 'Retry-After is kept to');
  });

  test('that never pass fail with their status and place, without secrets in the query', async () => {
    await using api = await startApi((_asked, _, response) => void response.writeHead(503).end('busy'));
    const reading = read(
      { url: `${api.url}/orders`, query: { key: 'hidden-value' } },
      { settings: { restAttemptsMax: 3 } },
    );
    await assert.rejects(reading, (error: Error & { code: string; retryable: boolean }) => {
      assert.equal(error.code, 'SOURCE_FAILED');
      assert.equal(error.retryable, true);
      assert.match(error.message, /\/orders after 3 attempts: it answers 503: busy/);
      assert.doesNotMatch(error.message, /hidden-value/);
      return true;
    });
    assert.equal(api.asked.length, 3);
  });

  test('a wait that is too long is not waited for', async () => {
    await using api = await startApi(
      (_asked, _, response) => void response.writeHead(429, { 'retry-after': '86400' }).end(),
    );
    await assert.rejects(read({ url: api.url }), { code: 'SOURCE_FAILED', message: /asks to wait 86400 s/ });
    assert.equal(api.asked.length, 1);
  });

  test('where nobody answers, that is what is told', async () => {
    await assert.rejects(read({ url: 'http://127.0.0.1:1/x' }, { settings: { restAttemptsMax: 2 } }), {
      code: 'SOURCE_FAILED',
      next: /can this machine reach it/,
    });
  });

  test('other refusals are final', async () => {
    await using api = await startApi((_asked, _, response) => void response.writeHead(404).end('no such thing'));
    await assert.rejects(read({ url: api.url }), { code: 'SOURCE_FAILED', message: /404: no such thing/ });
    assert.equal(api.asked.length, 1);
  });
});

describe('who we are', () => {
  const header = (asked: Asked | undefined, name = 'authorization') => asked?.headers[name];

  test('goes in a header or in the query', async () => {
    await using api = await startApi(() => all);
    const { url } = api;
    await read({ url, auth: { kind: 'bearer', token: 't1' } });
    await read({ url, auth: { kind: 'basic', user: 'me', password: 'pw' } });
    await read({ url, auth: { kind: 'apiKey', key: 'k', header: 'X-Key' } });
    await read({ url, auth: { kind: 'apiKey', key: 'k', query: 'key' } });
    const [bearer, , basic, , inHeader, , inQuery] = api.asked;
    assert.deepEqual(
      [header(bearer), header(basic)],
      ['Bearer t1', `Basic ${Buffer.from('me:pw').toString('base64')}`],
    );
    assert.deepEqual([header(inHeader, 'x-key'), inQuery?.url.searchParams.get('key')], ['k', 'k']);
    assert.throws(() => rest.parse({ url, auth: { kind: 'apiKey', key: 'k' } }), { code: 'PLAN_INVALID' });
  });

  test('by OAuth 2: the token is kept, and asked for again when it is refused', async () => {
    let issued = 0;
    await using api = await startApi((asked, _, response) => {
      if (asked.url.pathname === '/token') return { access_token: `t${++issued}`, expires_in: 3600 };
      if (header(asked) !== `Bearer t${issued}` || (asked.url.searchParams.get('page') === '3' && issued < 3)) {
        return void response.writeHead(401).end();
      }
      return pageOf(number(asked, 'page', 1) - 1);
    });
    const auth = {
      kind: 'oauth2',
      tokenUrl: `${api.url}/token`,
      clientId: 'c',
      clientSecret: 's',
      scope: 'read',
    } as const;
    const { rows } = await read({ url: `${api.url}/x`, auth, pagination: { kind: 'page', param: 'page' } });
    assert.deepEqual(
      ids(rows),
      all.map(({ id }) => id),
    );
    const asked = api.asked.filter(({ url }) => url.pathname === '/token');
    assert.equal(asked.length, 3, 'one for the listing, one for the reading, one when it was refused');
    assert.equal(asked[0]?.body, 'grant_type=client_credentials&scope=read');
    assert.equal(header(asked[0]), `Basic ${Buffer.from('c:s').toString('base64')}`);
  });

  test('is not told to where a redirect leads; a refusal names the secret as the cause', async () => {
    await using other = await startApi(() => all);
    await using api = await startApi(
      (_asked, _, response) => void response.writeHead(302, { location: other.url }).end(),
    );
    const { rows } = await read({ url: api.url, auth: { kind: 'bearer', token: 't' } });
    assert.equal(rows.length, 23);
    assert.equal(header(other.asked[0]), undefined);
    await using closed = await startApi((_asked, _, response) => void response.writeHead(403).end());
    await assert.rejects(read({ url: closed.url, auth: { kind: 'bearer', token: 't' } }), {
      code: 'UNAUTHENTICATED',
      next: /secret/,
    });
  });

  test('is never asked of the addresses where clouds keep credentials', async () => {
    await assert.rejects(read({ url: 'http://169.254.169.254/latest/meta-data/' }), { code: 'PERMISSION_DENIED' });
    await using api = await startApi(
      (_asked, _, response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
    );
    await assert.rejects(read({ url: api.url }), { code: 'PERMISSION_DENIED' });
  });
});
