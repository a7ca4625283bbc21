import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Data, RecordBatch, vectorFromArray } from 'apache-arrow';
import { withScores } from '../../../examples/pipelines/robot-scores.ts';
import { onnxruntimeFolder } from '../../support/pipelines/onnxruntime.ts';
import { accessLogFile, plainVisitors } from '../../support/pipelines/visitors.ts';
import { CommandLine } from '../../support/processes/command-line.ts';
import { startPostgres } from '../../support/servers/postgres.ts';

const path = (file: string): string => fileURLToPath(new URL(`../../../examples/${file}`, import.meta.url));
const example = path('pipelines/robots.ts');

/** What ONNX's reference implementation, in Python, says of features that were computed there. */
const expected = Object.entries(
  JSON.parse(readFileSync(path('data/robots-expected.json'), 'utf8')) as Record<string, number>,
);

test('an ONNX model over batches, on workers that have onnxruntime-node: scores of all visitors in a table', async () => {
  await using place = new CommandLine();
  await using postgres = await startPostgres();
  const work = join(place.folder, 'work');
  mkdirSync(work);
  symlinkSync(join(onnxruntimeFolder(), 'node_modules'), join(work, 'node_modules'));
  const env = { SHEAF_SECRET_POSTGRES_URL: postgres.url, LOGS: accessLogFile, MODEL: path('data/robots.onnx') };
  const { stderr, code } = await place.start(['run', example], work, env).ended;
  assert.equal(code, 0, stderr);

  const loaded = await postgres.query('select host, robot::float8 as robot from robots');
  const visitors = plainVisitors();
  assert.deepEqual(new Set(loaded.map(({ host }) => host)), new Set(visitors.keys()));
  const scores = new Map(loaded.map(({ host, robot }) => [host, Number(robot)]));
  assert.equal(expected.length, 100);
  for (const [host, score] of expected) {
    assert.ok(
      Math.abs((scores.get(host) ?? Number.NaN) - score) < 1e-4,
      `${host}: ${scores.get(host)} is not ${score}`,
    );
  }
  const found = [...visitors.values()].filter(({ robot, host }) => robot && (scores.get(host) ?? 0) > 0.5);
  assert.ok(found.length > 180, 'most that say that they are robots look like robots');
});

test('without onnxruntime-node the run fails, and says where to install it', async () => {
  await using place = new CommandLine();
  await using postgres = await startPostgres();
  const work = join(place.folder, 'work');
  mkdirSync(work);
  const env = { SHEAF_SECRET_POSTGRES_URL: postgres.url, LOGS: accessLogFile, MODEL: path('data/robots.onnx') };
  const { stderr, code } = await place.start(['run', example], work, env).ended;
  assert.equal(code, 78, stderr);
  assert.match(
    stderr,
    /FUNCTION_PACKAGE_MISSING .*withScores .*onnxruntime-node is not installed where this worker runs/,
  );
  assert.match(stderr, /npm install onnxruntime-node/);
});

test('a model that has changed since the pipeline was made is refused', async () => {
  const model = { path: path('data/robots.onnx'), sha256: '0'.repeat(64) };
  const batch = new RecordBatch({ activity: vectorFromArray([0.5]).data[0] as Data });
  await assert.rejects(withScores(batch, { model }), /robots\.onnx is another model/);
});
