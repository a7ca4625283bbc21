import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { program } from '../../../cli/program.ts';
import { version } from '../../../shared/version.ts';

const bin = fileURLToPath(new URL('../../../bin/sheaf.js', import.meta.url));

function sheaf(...args: string[]): SpawnSyncReturns<string> {
  const { SHEAF_CLUSTER: _, ...env } = process.env;
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', env });
}

function withProgram<T>(text: string, use: (file: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'run-test-'));
  try {
    writeFileSync(join(folder, 'program.ts'), text);
    return use(join(folder, 'program.ts'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('the version is data', () => {
  const { status, stdout, stderr } = sheaf('--version');
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${version}\n`, stderr: '' });
});

test('every command explains itself, examples first', () => {
  for (const command of program().commands) {
    const help = command.helpInformation();
    assert.match(help, /^[A-Z][^.]*\.(.|\n[^\n])*\n\nExamples:\n {2}(npx|SHEAF_)/, command.name());
    assert.ok(help.indexOf('Examples:') < help.indexOf('Usage:'), command.name());
    assert.match(help, /--json/, command.name());
  }
});

test('an unknown command is a usage error that names the nearest', () => {
  const { status, stdout, stderr } = sheaf('strat');
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /^error USAGE {2}Unknown command 'strat'\n {2}next {2}Did you mean start\?/);
});

test('errors are JSON where JSON is asked for', () => {
  const { status, stderr } = sheaf('jobs', '--json');
  assert.equal(status, 2);
  const { error } = JSON.parse(stderr);
  assert.equal(error.code, 'USAGE');
  assert.match(error.next, /--cluster/);
});

test('a cluster that is not there is its own exit code', () => {
  const { status, stderr } = sheaf('workers', '--cluster', '127.0.0.1:1');
  assert.equal(status, 69);
  assert.match(stderr, /error UNREACHABLE .*127\.0\.0\.1:1/);
});

test('run gives a program its arguments and its exit code', () => {
  const text = 'process.stdout.write(process.argv.slice(2).join(" ")); process.exitCode = 7;';
  const { status, stdout } = withProgram(text, (file) => sheaf('run', file, '--', '--json', 'a b'));
  assert.deepEqual({ status, stdout }, { status: 7, stdout: '--json a b' });
});

test('run tells a program where its cluster is', () => {
  const text = 'process.stdout.write(process.env.SHEAF_CLUSTER + " " + process.env.SHEAF_PROGRESS);';
  const { stdout } = withProgram(text, (file) =>
    sheaf('run', '--cluster', '127.0.0.1:7400', '--progress', 'never', file),
  );
  assert.equal(stdout, '127.0.0.1:7400 never');
});

test('run prints an error of ours that nobody caught, with its exit code', () => {
  const text = `
    class SheafError extends Error { name = 'SheafError'; code = 'ROW_MALFORMED'; next = 'Look at line 7.'; }
    throw new SheafError('A row has too many fields');`;
  const { status, stderr } = withProgram(text, (file) => sheaf('run', file));
  assert.equal(stderr, 'error ROW_MALFORMED  A row has too many fields\n  next  Look at line 7.\n');
  assert.equal(status, 65);
  const other = withProgram('throw new TypeError("not ours");', (file) => sheaf('run', file));
  assert.equal(other.status, 1);
  assert.match(other.stderr, /TypeError: not ours\n {4}at .*program\.ts:1/);
});

test('run ends as its program does when a signal ends it', () => {
  const { status } = withProgram('process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000);', (file) =>
    sheaf('run', file),
  );
  assert.equal(status, 143);
});
