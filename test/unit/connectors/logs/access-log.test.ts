import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { AccessLogParser } from '../../../../connectors/logs/access-log.ts';
import { accessLogColumns } from '../../../../connectors/logs/format.ts';
import { takeBatch } from '../../../../connectors/rows/columns.ts';
import { toArrowSchema } from '../../../../shared/types/arrow-schema.ts';
import { createRowReader } from '../../../../shared/types/row-reader.ts';

const names = accessLogColumns.map(({ name }) => name);
const { fields } = toArrowSchema(accessLogColumns);

/** Each line as a row, or why it is none. */
function parsed(lines: readonly string[]): readonly (Readonly<Record<string, unknown>> | string)[] {
  const parser = new AccessLogParser(new Set(names), lines.length);
  const reasons = lines.map((line) => {
    const bytes = Buffer.from(`before\n${line}\nafter`);
    return parser.parse(bytes, 7, bytes.length - 6);
  });
  const batch = takeBatch(parser.columns.flatMap((column) => column ?? []));
  const rows = createRowReader(fields, null);
  rows.bind(batch);
  let row = 0;
  return reasons.map((reason) => reason ?? { ...rows.row(row++) });
}

test('every line of a real log is what a regular expression says it is', () => {
  const lines = readFileSync('examples/data/apache_access.log', 'utf8').split('\n').slice(0, -1);
  const pattern =
    /^(\S+) (\S+) (\S+) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d{3}) (\d+|-) "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)"/;
  const orNull = (text: string | undefined) => (text === '-' ? null : (text ?? null));
  const expected = lines.map((line) => {
    const [, host, ident, user, time = '', request = '', status, bytes, referer, agent] = pattern.exec(line) ?? [];
    if (host === undefined) return 'malformed';
    const [, method, path, protocol] = /^(\S+) (.*) (\S+)$/.exec(request) ?? [];
    return {
      ...{ host, ident: orNull(ident), user: orNull(user) },
      time: new Date(`${time.slice(0, 11).replaceAll('/', ' ')} ${time.slice(12)}`),
      ...{ method, path, protocol, status: Number(status), bytes: bytes === '-' ? null : BigInt(bytes ?? 0) },
      ...{ referer: orNull(referer), agent: orNull(agent) },
    };
  });
  const found = parsed(lines).map((row) => (typeof row === 'string' ? 'malformed' : row));
  assert.equal(found.length, 10_000);
  assert.equal(found.filter((row) => row === 'malformed').length, 1);
  assert.deepEqual(found, expected);
});

const line = (changes: Readonly<Record<string, string>> = {}): string => {
  const parts = {
    host: '10.0.0.1',
    ident: '-',
    user: '-',
    time: '[31/Dec/2026:23:59:59 +0100]',
    request: '"GET /a HTTP/1.1"',
    status: '200',
    bytes: '5',
    rest: ' "-" "curl"',
    ...changes,
  };
  return `${parts.host} ${parts.ident} ${parts.user} ${parts.time} ${parts.request} ${parts.status} ${parts.bytes}${parts.rest}`;
};

test('the common format ends before referer and agent, and what follows them is left out', () => {
  const [common, combined, more] = parsed([line({ rest: '' }), line(), line({ rest: ' "r" "a" 0.003 "x"' })]) as Record<
    string,
    unknown
  >[];
  assert.deepEqual([common?.referer, common?.agent, common?.bytes], [null, null, 5n]);
  assert.deepEqual([combined?.referer, combined?.agent], [null, 'curl']);
  assert.deepEqual([more?.referer, more?.agent], ['r', 'a']);
});

test('times are in UTC, whatever their zone, in any order of days', () => {
  const times = [
    '[31/Dec/2026:23:59:59 +0100]',
    '[01/Jan/1970:00:00:00 +0000]',
    '[31/Dec/1969:00:00:00 -0330]',
    '[29/Feb/2028:12:00:60 +0000]',
  ];
  const rows = parsed(times.map((time) => line({ time }))) as Record<string, Date>[];
  assert.deepEqual(
    rows.map(({ time }) => time?.toISOString()),
    ['2026-12-31T22:59:59.000Z', '1970-01-01T00:00:00.000Z', '1969-12-31T03:30:00.000Z', '2028-02-29T12:01:00.000Z'],
  );
});

test('quotes may be escaped, users may have blanks, requests may be no requests', () => {
  const [escaped, user, odd, none] = parsed([
    line({ request: '"GET /\\"a\\\\b\\xff HTTP/1.1"' }),
    line({ user: 'jo hn' }),
    line({ request: '"\\x16\\x03\\x01"' }),
    line({ request: '"-"' }),
  ]) as Record<string, unknown>[];
  assert.equal(escaped?.path, '/"a\\b\\xff');
  assert.equal(user?.user, 'jo hn');
  assert.deepEqual([odd?.method, odd?.path, odd?.protocol], [null, '\\x16\\x03\\x01', null]);
  assert.deepEqual([none?.method, none?.path], [null, null]);
});

const malformed: readonly (readonly [string, RegExp])[] = [
  ['', /host/],
  ['10.0.0.1', /host|user/],
  ['10.0.0.1 - - no time', /\[time\]/],
  [line({ time: '[31/Dez/2026:23:59:59 +0100]' }), /time/],
  [line({ time: '[31/Feb/2026:23:59:59 +0100]' }), /time/],
  [line({ time: '[31/Dec/2026:25:59:59 +0100]' }), /time/],
  [line({ time: '[31/Dec/2026:23:59:59 0100]' }), /time/],
  [line({ request: 'GET' }), /request/],
  [line({ request: '"GET /', status: '', bytes: '', rest: '' }), /closing quote/],
  [line({ status: '20' }), /status/],
  [line({ bytes: 'many' }), /bytes/],
  [line({ bytes: '', rest: '' }), /bytes/],
  [line({ rest: ' "-' }), /referer/],
  [line({ rest: ' "-" "cu' }), /agent/],
];
for (const [text, reason] of malformed) {
  test(`refuses ${JSON.stringify(text)}`, () => {
    const [good, bad, after] = parsed([line(), text, line({ host: 'after' })]);
    assert.match(String(bad), reason);
    assert.equal((good as Record<string, unknown>).host, '10.0.0.1');
    assert.equal((after as Record<string, unknown>).host, 'after', 'a malformed line leaves nothing behind');
  });
}
