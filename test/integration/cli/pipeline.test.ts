import assert from 'node:assert/strict';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { RunInfo } from '../../../pipeline/records/run.ts';
import { CommandLine } from '../../support/processes/command-line.ts';

/** Pipelines as people run them on one machine: from the file, with what .sheaf remembers. */
const path = (file: string): string => fileURLToPath(new URL(`../../../${file}`, import.meta.url));
const register = new URL('../../support/connectors/register-connectors.ts', import.meta.url).href;
const env = { NODE_OPTIONS: `--import ${register}` };

interface Given {
  readonly pieces: number;
  readonly malformedEvery?: number;
  readonly more?: string;
  readonly load?: string;
}

class Laptop extends CommandLine {
  readonly work = join(this.folder, 'work');

  constructor() {
    super();
    mkdirSync(this.work);
  }

  pipeline({ pieces, more = '', load = '', malformedEvery }: Given): void {
    const options = JSON.stringify({ pieces, rowsPerPiece: 10, malformedEvery });
    writeFileSync(
      join(this.work, 'numbers.ts'),
      `import { connectorSink, connectorSource, expect, pipeline, quarantine } from '${path('pipeline/index.ts')}';
       export default pipeline('numbers', {
         extract: connectorSource('numbers', ${options}, { incremental: true }),
         transform: ({ extract, sql }) => sql\`select n, text from \${extract}\`,
         load: connectorSink('numbers', { folder: ${JSON.stringify(join(this.work, 'loaded'))}, ${load} }),
         ${more}
       });`,
    );
  }

  async sheaf(...args: string[]) {
    return await this.start(args, this.work, env).ended;
  }

  async json(...args: string[]): Promise<RunInfo & { readonly code: number | null }> {
    const { stdout, stderr, code } = await this.sheaf('run', 'numbers.ts', '--json', ...args);
    assert.ok(stdout.startsWith('{'), stderr);
    return { ...(JSON.parse(stdout) as RunInfo), code };
  }

  /** The numbers that are loaded, in order. */
  loaded(): number[] {
    return globSync(join(this.work, 'loaded', '*.committed'))
      .flatMap((file) => readFileSync(file, 'utf8').trim().split('\n'))
      .filter((line) => line !== '')
      .map((line) => Number((JSON.parse(line) as { readonly n: number }).n))
      .sort((a, b) => a - b);
  }

  staged(): string[] {
    return globSync(join(this.work, 'loaded', '*.staged'));
  }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);

test('from run to run only what is new is loaded; what happened is remembered', async () => {
  await using laptop = new Laptop();
  laptop.pipeline({ pieces: 3 });
  const first = await laptop.json();
  assert.deepEqual([first.code, first.life.state], [0, 'succeeded']);
  assert.deepEqual(laptop.loaded(), upTo(30));
  laptop.pipeline({ pieces: 5 });
  const { code, stdout, stderr } = await laptop.sheaf('run', 'numbers.ts');
  assert.equal(code, 0, stderr);
  assert.match(stdout, /succeeded after .*\n.*pipeline numbers, version \w{12}, manual/);
  assert.match(stdout, /extract +numbers +20 +0 +2 +3 → 5\n/);
  assert.deepEqual(laptop.loaded(), upTo(50));
  assert.deepEqual(laptop.staged(), []);
  const { stdout: list } = await laptop.sheaf('runs');
  assert.equal(list.trim().split('\n').length, 3);
  const { stdout: info } = await laptop.sheaf('run-info', first.id);
  assert.match(info, /load +numbers +30 +0/);
  const { stdout: pipelines } = await laptop.sheaf('pipelines', '--json');
  assert.equal((JSON.parse(pipelines) as { name: string }[])[0]?.name, 'numbers');
  assert.deepEqual(await laptop.left(['work']), []);
});

test('a run that its rules forbid loads nothing, and says which', async () => {
  await using laptop = new Laptop();
  laptop.pipeline({ pieces: 1, more: "validate: [expect.between('n', 0, 7)]," });
  const { code, stdout, stderr } = await laptop.sheaf('run', 'numbers.ts');
  assert.equal(code, 65, stderr);
  assert.match(
    stderr,
    /error RULE_BROKEN {2}Nothing was loaded: load: 2 of 10 rows are rejected \(2 by between\(n\)\)/,
  );
  assert.match(stdout, /between\(n\) +2 +no/);
  assert.doesNotMatch(stdout, /RULE_BROKEN/, 'the error is told once');
  assert.deepEqual([laptop.loaded(), laptop.staged()], [[], []]);
  const { stdout: info } = await laptop.sheaf('runs', '--json');
  const [failed] = JSON.parse(info) as RunInfo[];
  assert.equal(failed?.life.state, 'failed');
  assert.match((await laptop.sheaf('run-info', failed.id)).stdout, /error RULE_BROKEN/);
});

test('killed in the middle of a load: the next run goes on with it, then loads what is new', async () => {
  await using laptop = new Laptop();
  laptop.pipeline({ pieces: 4, load: 'delayMs: 400' });
  const { child, ended } = laptop.start(['run', 'numbers.ts'], laptop.work, env);
  while (laptop.staged().length === 0) await new Promise((done) => setTimeout(done, 20));
  child.kill('SIGKILL');
  await ended;
  assert.deepEqual(laptop.loaded(), []);
  const { id } = await laptop.json();
  assert.deepEqual(laptop.loaded(), upTo(40));
  const { stdout } = await laptop.sheaf('runs', '--json');
  const runs = JSON.parse(stdout) as RunInfo[];
  assert.deepEqual([runs.length, runs[0]?.id], [2, id]);
  assert.ok(runs.every(({ life }) => life.state === 'succeeded'));
  assert.deepEqual(laptop.staged(), []);
});

test('rejected rows are set aside, and loaded by a replay after a fix, once', async () => {
  await using laptop = new Laptop();
  const onReject = `onReject: quarantine(${JSON.stringify(join(laptop.work, 'rejects'))}),`;
  const between = (max: number) => `validate: [expect.between('n', 0, ${max})], ${onReject}`;
  laptop.pipeline({ pieces: 3, malformedEvery: 10, more: between(19) });
  const first = await laptop.json();
  assert.equal(first.life.state, 'succeeded', JSON.stringify(first.life));
  const good = upTo(20).filter((n) => n % 10 !== 0);
  assert.deepEqual(laptop.loaded(), good);
  laptop.pipeline({ pieces: 3, malformedEvery: 10, more: between(27) });
  await laptop.json();
  const { stdout, stderr } = await laptop.sheaf('replay', first.id, '--json');
  assert.ok(stdout, stderr);
  const replay = JSON.parse(stdout) as RunInfo;
  assert.deepEqual([replay.life.state, replay.replayOf], ['succeeded', first.id]);
  assert.deepEqual(laptop.loaded(), [...good, 21, 22, 23, 24, 25, 26, 27]);
  const again = await laptop.sheaf('replay', first.id);
  assert.equal(again.code, 2);
  assert.match(again.stderr, new RegExp(`was replayed by ${replay.id}`));
  laptop.pipeline({ pieces: 3, malformedEvery: 10, more: onReject });
  await laptop.json();
  await laptop.sheaf('replay', replay.id);
  assert.deepEqual(laptop.loaded(), [...good, ...upTo(30).slice(21)], 'what it rejected again was its own');
});

test('a parameter that is wrong is a matter of usage', async () => {
  await using laptop = new Laptop();
  laptop.pipeline({ pieces: 1, more: "params: { day: 'DATE' }," });
  const { code, stderr } = await laptop.sheaf('run', 'numbers.ts', '--param', 'dy=2001-01-01');
  assert.equal(code, 2);
  assert.match(stderr, /has no parameter dy/);
});
