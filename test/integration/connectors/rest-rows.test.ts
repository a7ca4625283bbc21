import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { SourceConnector } from '../../../connectors/contract.ts';
import { source as rest } from '../../../connectors/rest/connector.ts';
import type { RestOptions } from '../../../connectors/rest/options.ts';
import { type ReadSourceOptions, readSource } from '../../support/connectors/read-source.ts';
import { type Asked, startApi } from '../../support/servers/hostile-api.ts';

const read = (options: RestOptions, more: ReadSourceOptions = {}) =>
  readSource(rest as unknown as SourceConnector<never, never, never>, options, {
    ...more,
    settings: { restRetryDelayMs: 1, restRetryDelayMsMax: 4, restPagesPerPiece: 3, ...more.settings },
  });

const all = Array.from({ length: 23 }, (_, i) => ({ id: i, name: `n${i}` }));
const number = (asked: Asked, name: string, otherwise: number) => Number(asked.url.searchParams.get(name) ?? otherwise);

const pageOf = (page: number) => all.slice(page * 5, page * 5 + 5);

describe('rows', () => {
  test('have nested objects as columns, lists as text, and types that hold all values', async () => {
    await using api = await startApi(() => [
      { id: 1, by: { name: 'ann', home: { zip: '01' } }, tags: ['a'], score: 1, at: '2026-01-31T12:00:00Z', ok: true },
      { id: 2, by: null, tags: [], score: 1.5, at: null, ok: false, more: null },
    ]);
    const { rows, listing } = await read({ url: api.url }, { provenance: false });
    assert.deepEqual(
      listing.schema.map(({ name, type }) => `${name} ${type}`),
      [
        'id BIGINT',
        'by_name VARCHAR',
        'by_home_zip VARCHAR',
        'tags VARCHAR',
        'score DOUBLE',
        'at TIMESTAMP',
        'ok BOOLEAN',
        'by VARCHAR',
        'more VARCHAR',
      ],
    );
    const [first, second] = rows;
    assert.deepEqual(
      [first?.by_name, first?.by_home_zip, first?.tags, first?.score, first?.ok],
      ['ann', '01', '["a"]', 1, true],
    );
    assert.deepEqual(
      [(first?.at as Date | undefined)?.toISOString(), second?.by_name, second?.score],
      ['2026-01-31T12:00:00.000Z', null, 1.5],
    );
  });

  test('that do not fit are rejected with their reason and their place; new fields wait for the next run', async () => {
    const answers = [[{ id: 1 }], [{ id: 2, extra: 'x' }, { id: 'three' }, 'four'], []];
    await using api = await startApi((asked) => answers[number(asked, 'page', 1) - 1]);
    const options: RestOptions = { url: `${api.url}/a`, pagination: { kind: 'page', param: 'page' } };
    const { rows } = await read(options);
    assert.deepEqual(
      rows.map(({ id, _source, _position, _rejected, _raw }) => [
        id,
        String(_source).slice(-8),
        _position,
        _rejected,
        _raw,
      ]),
      [
        [1n, 'a?page=1', 1n, null, null],
        [2n, 'a?page=2', 1n, null, null],
        [null, 'a?page=2', 2n, 'its id is no BIGINT: "three"', '{"id":"three"}'],
        [null, 'a?page=2', 3n, 'it is no object', '"four"'],
      ],
    );
    await assert.rejects(read(options, { provenance: false }), {
      code: 'ROW_MALFORMED',
      message: /Row 2 of .*a\?page=2/,
    });
    const strict = await read({ ...options, unknownFields: 'reject' });
    assert.equal(strict.rows[1]?._rejected, 'it has a field that is no column: extra');
  });

  test('that are new since the last time are asked for by the cursor', async () => {
    await using api = await startApi((asked) => {
      const since = asked.url.searchParams.get('since');
      return since === '2026-01-02T00:00:00Z' ? [] : [{ id: 1, at: '2026-01-02T00:00:00Z' }];
    });
    const options: RestOptions = { url: api.url, incremental: { param: 'since', column: 'at', first: '2020-01-01' } };
    const first = await read(options);
    assert.equal(first.rows.length, 1);
    assert.equal(api.asked[0]?.url.searchParams.get('since'), '2020-01-01');
    const second = await read(options, { cursor: '2026-01-02 00:00:00' });
    assert.deepEqual(
      [second.listing.pieces, second.listing.schema.length],
      [[], 2],
      'nothing is new, and the columns are known all the same',
    );
  });

  test('of an answer that is none, too large, or no list are told', async () => {
    await using html = await startApi((_asked, _, response) => void response.end('<html>'));
    await assert.rejects(read({ url: html.url }), { code: 'SOURCE_FAILED', message: /something else than JSON/ });
    await using object = await startApi(() => ({ a: [1], b: [2] }));
    await assert.rejects(read({ url: object.url }), { code: 'SOURCE_FAILED', next: /a, b/ });
    await using bomb = await startApi(
      (_asked, _, response) =>
        void response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(5_000_000, 0x20))),
    );
    await assert.rejects(read({ url: bomb.url }, { settings: { restPageBytesMax: 1_000_000 } }), {
      code: 'SOURCE_FAILED',
      message: /restPageBytesMax/,
    });
    await using empty = await startApi(() => []);
    await assert.rejects(read({ url: empty.url }), { code: 'SCHEMA_MISMATCH' });
  });

  test('are asked for in the turn of the whole cluster', async () => {
    await using api = await startApi((asked) => pageOf(number(asked, 'page', 1) - 1));
    const turns: unknown[] = [];
    const permit = (key: string, perSecond: number) => Promise.resolve(void turns.push([key, perSecond]));
    await read({ url: `${api.url}/x`, requestsPerSecond: 7, pagination: { kind: 'page', param: 'page' } }, { permit });
    assert.deepEqual(turns, Array(6).fill([api.url, 7]));
  });
});
