import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { duckdbAnswer } from '../../support/duckdb-answer.ts';
import { accessLogFile, plainVisitors } from '../../support/pipelines/visitors.ts';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startPostgres } from '../../support/servers/postgres.ts';

const example = (file: string): string =>
  fileURLToPath(new URL(`../../../examples/pipelines/${file}`, import.meta.url));
const features = ['activity', 'variety', 'assets', 'errors', 'night', 'direct'];

const vectorOf = (row: Readonly<Record<string, unknown>>): number[] => features.map((name) => Number(row[name]));
const away = (a: readonly number[], b: readonly number[]): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - (b[i] ?? Number.NaN)) ** 2, 0));
const meanOf = (vectors: readonly (readonly number[])[]): number[] =>
  features.map((_, i) => vectors.reduce((sum, vector) => sum + (vector[i] ?? Number.NaN), 0) / vectors.length);

test('logs → features → model → table: kinds of visitors are learned, and each visitor has the one that is nearest', async () => {
  await using place = new CommandLine();
  await using postgres = await startPostgres();
  const work = join(place.folder, 'work');
  mkdirSync(join(work, 'logs'), { recursive: true });
  // Visitors' lines lie in several files: their features come together on the way.
  const lines = readFileSync(accessLogFile, 'utf8').split('\n').slice(0, -1);
  for (const [at, part] of [lines.slice(0, 3000), lines.slice(3000, 7000), lines.slice(7000)].entries())
    writeFileSync(join(work, 'logs', `${at}.log`), `${part.join('\n')}\n`);
  const env = { SHEAF_SECRET_POSTGRES_URL: postgres.url, LOGS: 'logs/*.log' };
  const run = async (file: string): Promise<string> => {
    const { stdout, stderr, code } = await place.start(['run', example(file)], work, env).ended;
    assert.equal(code, 0, stderr);
    return stdout + stderr;
  };
  const model = () => duckdbAnswer(`select * from read_parquet('${work}/out/visitor-kinds/*.parquet') order by kind`);

  assert.match(await run('train-visitors.ts'), /Round \d+: .* 0\.000000\n/, 'it converges');
  const centers = model().map(vectorOf);
  await run('train-visitors.ts');
  const again = model().map(vectorOf);
  assert.deepEqual([centers.length, again.length], [4, 4]);
  for (const [kind, center] of centers.entries())
    assert.ok(away(center, again[kind] ?? []) < 1e-9, 'the same data and seed give the same model');

  await run('visitors.ts');
  const visitors = plainVisitors();
  const loaded = await postgres.query('select * from visitors');
  assert.equal(loaded.length, visitors.size);
  for (const row of loaded) {
    const plain = visitors.get(String(row.host));
    assert.ok(plain, String(row.host));
    assert.deepEqual([Number(row.requests), Number(row.bytes)], [plain.requests, plain.bytes], plain.host);
    assert.ok(away(vectorOf(row), plain.features) < 1e-9, `${plain.host}: ${vectorOf(row)} is not ${plain.features}`);
    const distances = centers.map((center) => away(plain.features, center));
    assert.ok(Math.abs(Number(row.away) - Math.min(...distances)) < 1e-9, plain.host);
    assert.ok(Math.abs(Number(row.away) - (distances[Number(row.kind)] ?? Number.NaN)) < 1e-9, plain.host);
  }

  // Centers are the means of those that are nearest to them: what k-means ends at.
  const members = Map.groupBy(loaded, ({ kind }) => Number(kind));
  for (const [kind, center] of centers.entries()) {
    assert.ok(away(center, meanOf((members.get(kind) ?? []).map(vectorOf))) < 1e-6, `kind ${kind}`);
  }
  const all = [...visitors.values()].map(({ features }) => features);
  const spread = all.reduce((sum, vector) => sum + away(vector, meanOf(all)) ** 2, 0);
  const within = loaded.reduce((sum, row) => sum + Number(row.away) ** 2, 0);
  assert.ok(within < spread / 2, 'kinds say more of visitors than their mean does');
});
