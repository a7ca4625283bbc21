import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import type { FileCommit } from '../../../../../coordinator/runtime/sinks/file-commit.ts';
import {
  abortCommit,
  commitFiles,
  prepareCommit,
  removeLeftovers,
} from '../../../../../coordinator/runtime/sinks/sink-files.ts';

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

test('a commit broken off at any of its steps is finished by the next leader, once', async () => {
  for (const mode of ['error', 'overwrite', 'append'] as const) {
    for (let steps = 0; steps < 8; steps++) {
      const job = `job-${mode}-${steps}`;
      const commit = {
        ...commitOf(mode, job),
        path: join(folder, job),
        staging: join(folder, `.${job}.${job}.1.unfinished`),
      };
      if (mode !== 'error') {
        mkdirSync(commit.path);
        writeFileSync(join(commit.path, 'part-9-old'), '');
      }
      await staged(commit, 'part-0-a', 'part-1-b', 'part-0-loser');
      breakOff(commit, steps);
      await commitFiles(commit, ['part-0-a', 'part-1-b'], yes);
      await commitFiles(commit, ['part-0-a', 'part-1-b'], yes);
      const old = mode === 'append' ? ['part-9-old'] : [];
      assert.deepEqual(readdirSync(commit.path), ['part-0-a', 'part-1-b', ...old], job);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.startsWith('.')),
        [],
      );
    }
  }
});

/** The first steps of a commit, as a leader does them that dies then. */
function breakOff({ path, mode, staging }: FileCommit, steps: number): void {
  const winners = `${staging}.winners`;
  const move = (name: string, from: string, to: string) => renameSync(join(from, name), join(to, name));
  const start = [
    () => mkdirSync(winners),
    () => move('part-0-a', staging, winners),
    () => move('part-1-b', staging, winners),
  ];
  const aside = [() => renameSync(path, `${winners}.old`)];
  const replace = [() => renameSync(winners, path), () => rmSync(`${winners}.old`, { recursive: true, force: true })];
  const append = [() => move('part-0-a', winners, path), () => move('part-1-b', winners, path)];
  const gone = [() => rmSync(staging, { recursive: true }), () => rmSync(winners, { recursive: true, force: true })];
  const middle = { error: replace, overwrite: [...aside, ...replace], append }[mode];
  for (const step of [...start, ...middle, ...gone].slice(0, steps)) step();
}

test('what runs under earlier leaders staged is found by the name of the job, and nothing else is', async () => {
  const path = join(folder, 'out');
  const others = ['.out.job-12.1.unfinished', '.out2.job-1.1.unfinished', 'out', '.out.job-1.1.unfinished.winners.old'];
  for (const name of [
    ...others,
    '.out.job-1.1.unfinished',
    '.out.job-1.7.unfinished',
    '.out.job-1.7.unfinished.winners',
  ]) {
    mkdirSync(join(folder, name));
  }
  await removeLeftovers(path, 'job-1');
  assert.deepEqual(readdirSync(folder).sort(), others.sort());
});
