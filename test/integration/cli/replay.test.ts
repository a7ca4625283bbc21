import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RunInfo, RunSummary } from '../../../pipeline/records/run.ts';
import { duckdbAnswer } from '../../support/duckdb-answer.ts';
import { CommandLine } from '../../support/processes/command-line.ts';

/** What could not be read, read again after a fix: from its text alone, through transform and rules, once. */
const index = fileURLToPath(new URL('../../../pipeline/index.ts', import.meta.url));

class Laptop extends CommandLine {
  readonly work = join(this.folder, 'work');

  constructor() {
    super();
    mkdirSync(this.work);
  }

  pipeline(extract: string, columns: string, rule: string): void {
    writeFileSync(
      join(this.work, 'events.ts'),
      `import { expect, linePattern, pipeline, quarantine, sink, source } from '${index}';
       export default pipeline('events', {
         extract: ${extract},
         transform: ({ extract, sql }) => sql\`select ${columns} from \${extract}\`,
         validate: [${rule}],
         onReject: quarantine('rejects', { shareMax: 0.8 }),
         load: sink.files('loaded', { format: 'parquet' }),
       });`,
    );
  }

  async sheaf(...args: string[]) {
    return await this.start(args, this.work).ended;
  }

  async json(...args: string[]): Promise<RunInfo & { readonly summary: RunSummary }> {
    const { stdout, stderr } = await this.sheaf(...args, '--json');
    assert.ok(stdout.startsWith('{'), stderr);
    const run = JSON.parse(stdout) as RunInfo;
    assert.equal(run.life.state, 'succeeded', JSON.stringify(run.life));
    return { ...run, summary: (run.life as unknown as { readonly summary: RunSummary }).summary };
  }

  loaded(): readonly unknown[] {
    return duckdbAnswer(`select * from read_parquet('${this.work}/loaded/**/*.parquet') order by all`);
  }

  rejected({ id }: RunInfo): readonly unknown[] {
    const files = `${this.work}/rejects/events/${id}/*.parquet`;
    return duckdbAnswer(
      `select stage, rule, parse_filename(source) as source, position, "row" from read_parquet('${files}') order by all`,
    );
  }
}

test('lines that a pattern left over are read by the next one, from their text, with their source and place', async () => {
  await using laptop = new Laptop();
  const log = join(laptop.work, 'events.log');
  const lines = ['n=1', 'n=2', 'm:3', 'n=99', 'm:88', 'what?', 'n=4', 'm:5'];
  writeFileSync(log, `${lines.join('\n')}\n`);
  const extract = (pattern: string) =>
    `source.files('events.log', { format: linePattern(${pattern}, { n: 'integer' }), incremental: true })`;
  const steps = ['n * 10 as n', "expect.between('n', 0, 500)"] as const;
  laptop.pipeline(extract('/^n=(?<n>\\d+)$/'), ...steps);
  const first = await laptop.json('run', 'events.ts');
  assert.deepEqual(laptop.loaded(), [{ n: 10 }, { n: 20 }, { n: 40 }]);
  const [source] = first.summary.sources;
  assert.deepEqual([source?.rows, source?.rejected], [8, 4]);

  writeFileSync(log, ''); // What was there is gone: only its text is left.
  laptop.pipeline(extract('/^(?:n=|m:)(?<n>\\d+)$/'), ...steps);
  await laptop.json('run', 'events.ts');
  const replay = await laptop.json('replay', first.id);
  assert.deepEqual(laptop.loaded(), [{ n: 10 }, { n: 20 }, { n: 30 }, { n: 40 }, { n: 50 }]);
  const [again] = replay.summary.sources;
  assert.deepEqual([again?.rows, again?.rejected], [4, 1]);
  assert.match(String(again?.first[0]), new RegExp(`rejects/events/${first.id}/`), 'what was read is told');
  const kept = laptop.rejected(replay);
  const at = (text: string) => lines.slice(0, lines.indexOf(text)).join('\n').length + 1;
  assert.deepEqual(kept, [
    { stage: 'extract', rule: 'malformed', source: 'events.log', position: at('what?'), row: 'what?' },
    { stage: 'validate', rule: 'between(n)', source: 'events.log', position: at('n=99'), row: '{"n":990}' },
    { stage: 'validate', rule: 'between(n)', source: 'events.log', position: at('m:88'), row: '{"n":880}' },
  ]);

  const twice = await laptop.sheaf('replay', first.id);
  assert.equal(twice.code, 2);
  assert.match(twice.stderr, new RegExp(`was replayed by ${replay.id}`));
  const next = await laptop.json('replay', replay.id);
  assert.equal(next.summary.sources[0]?.rejected, 1, 'what was rejected again is of the replay');
  assert.deepEqual(laptop.loaded().length, 5, 'each once');
});

test('rows of an API that did not fit their columns are read as the columns are now, and the API is not asked', async () => {
  await using laptop = new Laptop();
  const rows = [
    { id: 1, amount: 5 },
    { id: 2, amount: '7 EUR' },
    { id: 3, amount: 9 },
    { amount: 1, id: 'none' },
  ];
  let asked = 0;
  const server = createServer((_, response) => {
    asked += 1;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(asked > 2 ? [] : rows));
  }).listen(0, '127.0.0.1');
  try {
    await new Promise((done) => server.once('listening', done));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;
    const extract = (amount: string) => `source.rest({ url: '${url}', schema: { id: 'bigint', amount: '${amount}' } })`;
    const rule = "expect.notNull('id')";
    laptop.pipeline(extract('bigint'), 'id, amount', rule);
    const first = await laptop.json('run', 'events.ts');
    assert.deepEqual(laptop.loaded(), [
      { id: 1, amount: 5 },
      { id: 3, amount: 9 },
    ]);
    asked = 2;
    laptop.pipeline(extract('varchar'), "id, split_part(amount, ' ', 1)::bigint as amount", rule);
    await laptop.json('run', 'events.ts');
    const before = asked;
    const replay = await laptop.json('replay', first.id);
    assert.equal(asked, before);
    assert.deepEqual(laptop.loaded(), [
      { id: 1, amount: 5 },
      { id: 2, amount: 7 },
      { id: 3, amount: 9 },
    ]);
    assert.deepEqual(
      laptop.rejected(replay).map((row) => (row as { readonly row: string }).row),
      ['{"amount":1,"id":"none"}'],
    );
    assert.equal((await laptop.sheaf('replay', first.id)).code, 2);
  } finally {
    server.close();
  }
});
