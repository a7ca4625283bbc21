import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { ReadContext } from '../../../../connectors/contract.ts';
import { columnsOf, type LogFormat } from '../../../../connectors/logs/format.ts';
import { compressionOf, type LogPiece, piecesOf } from '../../../../connectors/logs/pieces.ts';
import { read } from '../../../../connectors/logs/read.ts';
import { reread } from '../../../../connectors/logs/reread.ts';
import { loadConfig, type SettingName } from '../../../../shared/config/config.ts';
import { createLogger } from '../../../../shared/log.ts';
import { provenanceColumns } from '../../../../shared/plan/nodes/extract.ts';
import { createRowReader } from '../../../../shared/types/row-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'sheaf-logs-'));
after(() => rmSync(folder, { recursive: true }));

const numbers: LogFormat = {
  kind: 'pattern',
  pattern: '^n=(?<n>\\d+)$',
  flags: '',
  columns: [{ name: 'n', type: 'INTEGER' }],
};

function file(
  name: string,
  content: string | Uint8Array,
): { readonly path: string; readonly sizeBytes: number; readonly modifiedMs: number; readonly etag: null } {
  const path = join(folder, name);
  writeFileSync(path, content);
  return { path, sizeBytes: Buffer.byteLength(content), modifiedMs: 0, etag: null };
}

async function rowsOf(
  pieces: readonly LogPiece[],
  {
    format = numbers,
    provenance = true,
    ...limits
  }: { readonly format?: LogFormat; readonly provenance?: boolean } & Partial<Record<SettingName, number>> = {},
): Promise<Record<string, unknown>[]> {
  const context: ReadContext = {
    columns: [...columnsOf(format), ...(provenance ? provenanceColumns : [])],
    config: loadConfig({}, { logReadBytes: 4096, ...limits }),
    log: createLogger({ name: 'test', level: 'silent' }),
    signal: new AbortController().signal,
    directory: folder,
    permit: () => Promise.resolve(),
  } as ReadContext;
  const { schema, batches } = read({ paths: [], format, incremental: false }, pieces, context);
  const rows: Record<string, unknown>[] = [];
  const reader = createRowReader(schema.fields, null);
  for await (const batch of batches) {
    reader.bind(batch);
    for (let row = 0; row < batch.rows; row++) rows.push({ ...reader.row(row) });
  }
  return rows;
}

test('pieces of a file hold each line once, wherever it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ digits: fc.integer({ min: 1, max: 9 }), blank: fc.boolean(), windows: fc.boolean() }), {
        maxLength: 40,
      }),
      fc.boolean(),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 20 }),
      async (lines, endsOpen, pieceBytes, logBatchRows) => {
        const texts = lines.map(
          ({ digits, blank, windows }) => `${blank ? '\n' : ''}n=${'1'.repeat(digits)}${windows ? '\r\n' : '\n'}`,
        );
        const text = texts.join('').slice(0, endsOpen ? -1 : undefined);
        const listed = file('pieces.log', text);
        const rows = await rowsOf(piecesOf(listed, pieceBytes), { logBatchRows });
        assert.deepEqual(
          rows.map(({ n }) => n),
          lines.map(({ digits }) => Number('1'.repeat(digits))),
        );
        for (const { n, _position } of rows) assert.ok(text.slice(Number(_position)).startsWith(`n=${n}`));
      },
    ),
    { numRuns: 60 },
  );
});

test('compressed files are read as they are, whole, and are told if they are cut', async () => {
  const text = Array.from({ length: 5000 }, (_, i) => `n=${i}\n`).join('');
  for (const [name, bytes] of [
    ['a.log.gz', gzipSync(text)],
    ['a.log.zst', zstdCompressSync(Buffer.from(text))],
  ] as const) {
    const rows = await rowsOf(piecesOf(file(name, bytes), 10));
    assert.deepEqual(
      [rows.length, rows.at(-1)?.n, compressionOf(name)],
      [5000, 4999, name.endsWith('gz') ? 'gzip' : 'zstd'],
    );
    const cut = piecesOf(file(`cut-${name}`, bytes.subarray(0, bytes.length / 2)), 10);
    await assert.rejects(rowsOf(cut), { code: 'FILE_CORRUPT' });
  }
});

test('a line that is none becomes a row with its reason, its text and its place', async () => {
  const rows = await rowsOf(piecesOf(file('bad.log', 'n=1\nm=2\nn=99999999999\nn=4\n'), 2 ** 20));
  assert.deepEqual(
    rows.map(({ n, _position, _rejected, _raw }) => [n, _position, _rejected, _raw]),
    [
      [1, 0n, null, null],
      [null, 4n, 'it does not match the pattern', 'm=2'],
      [null, 8n, 'its n is no INTEGER: 99999999999', 'n=99999999999'],
      [4, 22n, null, null],
    ],
  );
});

test('where nobody takes rejected rows, the error tells the place', async () => {
  const listed = file('bad2.log', 'n=1\nm=2\n');
  await assert.rejects(rowsOf(piecesOf(listed, 2 ** 20), { provenance: false }), {
    code: 'ROW_MALFORMED',
    message: /bad2.log: the line at byte 4 .* pattern/,
  });
});

test('bytes that are no text, and lines without end, are rejected and do not stop the others', async () => {
  const bytes = Buffer.concat([
    Buffer.from('n=1\nn='),
    Buffer.from([0xff, 0xfe]),
    Buffer.from(`\nn=2\n${'x'.repeat(50_000)}\nn=3\n`),
  ]);
  for (const pieceBytes of [2 ** 20, 20_000]) {
    const rows = await rowsOf(piecesOf(file('odd.log', bytes), pieceBytes), { logLineBytesMax: 10_000 });
    assert.deepEqual(
      rows.map(({ n }) => n),
      [1, null, 2, null, 3],
    );
    assert.match(String(rows[1]?._rejected), /UTF-8/);
    assert.match(String(rows[3]?._rejected), /longer than 10000 bytes/);
    assert.match(String(rows[3]?._raw), /^x{1024} … \(cut off\)$/);
  }
});

test('lines are read again from their text; what was not kept whole is rejected again', () => {
  const context = {
    data: columnsOf(numbers),
    columns: [...columnsOf(numbers), ...provenanceColumns],
    config: loadConfig({}, { logBatchRows: 2 }),
    log: createLogger({ name: 'test', level: 'silent' }),
    signal: new AbortController().signal,
  };
  const cut = `n=1${' … (cut off)'}`;
  const unread = ['n=1', 'n=x', 'n=\uFFFD', cut, 'n=5'].map((text, i) => ({
    source: `log ${i % 2}`,
    position: i,
    text,
  }));
  const { schema, batches } = reread.read({ paths: [], format: numbers, incremental: false }, unread, context);
  const reader = createRowReader(schema.fields, null);
  const rows: Record<string, unknown>[] = [];
  for (const batch of batches) {
    reader.bind(batch);
    for (let row = 0; row < batch.rows; row++) rows.push({ ...reader.row(row) });
  }
  assert.deepEqual(
    rows.map(({ n, _source, _position, _rejected, _raw }) => [n, _source, Number(_position), _rejected, _raw]),
    [
      [1, 'log 0', 0, null, null],
      [null, 'log 1', 1, 'it does not match the pattern', 'n=x'],
      [null, 'log 0', 2, 'its bytes were not UTF-8', 'n=\uFFFD'],
      [null, 'log 1', 3, 'only its beginning was kept', cut],
      [5, 'log 0', 4, null, null],
    ],
  );
});

test('JSON lines have the types that were given, and keep what is nested as text', async () => {
  const columns = [
    { name: 'at', type: 'TIMESTAMP' },
    { name: 'ok', type: 'BOOLEAN' },
    { name: 'ms', type: 'DOUBLE' },
    { name: 'who', type: 'VARCHAR' },
  ];
  const lines = [
    '{"at":"2026-01-31T12:00:00.123456Z","ok":true,"ms":1.5,"who":{"a":[1]}}',
    '{"ok":null}',
    '[1]',
    '{"ok":"maybe"}',
  ];
  const rows = await rowsOf(piecesOf(file('a.ndjson', lines.join('\n')), 2 ** 20), {
    format: { kind: 'json', columns },
  });
  assert.deepEqual(
    [rows[0]?.ok, rows[0]?.ms, rows[0]?.who, (rows[0]?.at as Date | undefined)?.toISOString()],
    [true, 1.5, '{"a":[1]}', '2026-01-31T12:00:00.123Z'],
  );
  assert.deepEqual([rows[1]?.ok, rows[1]?.at], [null, null]);
  assert.deepEqual(
    rows.slice(2).map(({ _rejected }) => _rejected),
    ['it is no JSON object', 'its ok is no BOOLEAN: maybe'],
  );
});

test('a log that has grown is read as it was listed; one that has shrunk is told', async () => {
  const listed = file('grown.log', 'n=1\nn=2\n');
  writeFileSync(listed.path, 'n=1\nn=2\nn=3\n');
  assert.equal((await rowsOf(piecesOf(listed, 2 ** 20))).length, 2);
  truncateSync(listed.path, 3);
  await assert.rejects(rowsOf(piecesOf(listed, 2 ** 20)), { code: 'FILE_CHANGED' });
});
