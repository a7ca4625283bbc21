import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('./fixtures/program.ts', import.meta.url));

/** Processes that inherited a text in their environment (where the system shows it). */
function processesWith(text: string): string[] {
  return globSync('/proc/[0-9]*/environ').filter((file) => {
    try {
      return readFileSync(file, 'latin1').includes(text);
    } catch {
      return false; // It has ended meanwhile.
    }
  });
}

test('a program that bundled ends by itself and leaves no bundler', async () => {
  const mark = randomUUID();
  const env = { ...process.env, SHEAF_TEST_MARK: mark };
  const sha256 = execFileSync(process.execPath, [program], { encoding: 'utf8', timeout: 60_000, env });
  assert.match(sha256, /^[0-9a-f]{64}$/);
  // The service ends when its input does, a moment after the program.
  for (let tries = 0; tries < 50 && processesWith(mark).length > 0; tries++) await pause(20);
  assert.deepEqual(processesWith(mark), []);
});
