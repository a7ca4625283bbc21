/** `npm test`: finds what the tests need, says in one line what is missing, and runs them all (or the named ones). */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { missingRequirements } from './support/requirements.ts';

const wanted = process.argv.slice(2);
const all = globSync('test/**/*.test.ts').sort();
const files = wanted.length === 0 ? all : all.filter((file) => wanted.some((part) => file.includes(part)));
const missing = missingRequirements();
if (missing) {
  process.stderr.write(`${missing}\n`);
  process.exit(1);
}
const { status } = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
