import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  abortCommit,
  commitFiles,
  type FileCommit,
  prepareCommit,
} from '../../../../coordinator/runtime/sink-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sheaf-sink-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const yes = (): void => {};
const commitOf = (mode: FileCommit['mode'], job = 'job-1'): FileCommit => ({
  path: join(folder, 'out'),
  mode,
  staging: join(folder, `.out.${job}.unfinished`),
});

/** Attempts that wrote these files. */
async function staged(commit: FileCommit, ...names: string[]): Promise<void> {
  await prepareCommit(commit);
  for (const name of names) writeFileSync(join(commit.staging, name), name);
}

test('the winners move to the destination, nothing else does, and nothing is left beside it', async () => {
  const commit = commitOf('error');
  await staged(commit, 'part-0-a', 'part-1-b', 'part-0-loser', 'tmp_part-0-c');
  assert.deepEqual(readdirSync(folder), ['.out.job-1.unfinished']);
  await commitFiles(commit, ['part-0-a', 'part-1-b'], yes);
  assert.deepEqual(readdirSync(folder), ['out']);
  assert.deepEqual(readdirSync(join(folder, 'out')), ['part-0-a', 'part-1-b']);
});

test('what a given-up attempt writes during the commit does not get there', async () => {
  const commit = commitOf('error');
  await staged(commit, 'part-0-a');
  await commitFiles(commit, ['part-0-a'], () => writeFileSync(join(commit.staging, 'part-0-late'), 'late'));
  assert.deepEqual(readdirSync(join(folder, 'out')), ['part-0-a']);
  assert.throws(() => writeFileSync(join(commit.staging, 'part-0-later'), ''), { code: 'ENOENT' });
});

test('overwriting replaces what a write made', async () => {
  await staged(commitOf('error'), 'part-0-a', 'part-1-a');
  await commitFiles(commitOf('error'), ['part-0-a', 'part-1-a'], yes);
  const second = commitOf('overwrite', 'job-2');
  await staged(second, 'part-0-b');
  await commitFiles(second, ['part-0-b'], yes);
  assert.deepEqual(readdirSync(folder), ['out']);
  assert.deepEqual(readdirSync(join(folder, 'out')), ['part-0-b']);
});

test('a directory with anything else in it is never replaced', async () => {
  const commit = commitOf('overwrite');
  mkdirSync(commit.path);
  writeFileSync(join(commit.path, 'thesis.txt'), 'years of work');
  await assert.rejects(prepareCommit(commit), { code: 'DESTINATION_EXISTS', message: /thesis\.txt/ });
  rmSync(join(commit.path, 'thesis.txt'));
  await staged(commit, 'part-0-a');
  writeFileSync(join(commit.path, 'thesis.txt'), 'written while the job ran');
  await assert.rejects(commitFiles(commit, ['part-0-a'], yes), { code: 'DESTINATION_EXISTS' });
  assert.deepEqual(readdirSync(commit.path), ['thesis.txt']);
});

test('without a mode, what is there stays: before the job, and if it came in the meantime', async () => {
  const commit = commitOf('error');
  await staged(commit, 'part-0-a');
  mkdirSync(commit.path);
  writeFileSync(join(commit.path, 'part-0-other'), 'of another job');
  await assert.rejects(commitFiles(commit, ['part-0-a'], yes), { code: 'DESTINATION_EXISTS' });
  await abortCommit(commit);
  assert.deepEqual(readdirSync(folder), ['out']);
  assert.equal(readFileSync(join(commit.path, 'part-0-other'), 'utf8'), 'of another job');
});

test('appending adds all files or none', async () => {
  const first = commitOf('append');
  await staged(first, 'part-0-a');
  await commitFiles(first, ['part-0-a'], yes);
  const second = commitOf('append', 'job-2');
  await staged(second, 'part-0-b', 'part-1-b');
  // A directory of that name: the second rename fails.
  mkdirSync(join(second.path, 'part-1-b', 'full'), { recursive: true });
  await assert.rejects(commitFiles(second, ['part-0-b', 'part-1-b'], yes));
  assert.deepEqual(readdirSync(second.path), ['part-0-a', 'part-1-b']);
  rmSync(join(second.path, 'part-1-b'), { recursive: true });
  await abortCommit(second);
  await staged(second, 'part-0-b', 'part-1-b');
  await commitFiles(second, ['part-0-b', 'part-1-b'], yes);
  assert.deepEqual(readdirSync(second.path), ['part-0-a', 'part-0-b', 'part-1-b']);
  assert.deepEqual(readdirSync(folder), ['out']);
});

test('who leads no more commits nothing', async () => {
  const commit = commitOf('overwrite');
  await staged(commit, 'part-0-a');
  const refuse = () => {
    throw new Error('not the leader');
  };
  await assert.rejects(commitFiles(commit, ['part-0-a'], refuse));
  await abortCommit(commit);
  assert.deepEqual(readdirSync(folder), []);
});

test('a path through a file is refused by name', async () => {
  writeFileSync(join(folder, 'file'), '');
  const commit = { path: join(folder, 'file', 'out'), mode: 'error', staging: join(folder, 'file', '.out') } as const;
  await assert.rejects(prepareCommit(commit), { code: 'FILE_NOT_FOUND', message: /file/ });
});
