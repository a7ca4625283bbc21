/** `npm run bench -- NAME`: runs one of the benches in this folder, each in a process of its own. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

const helpers = ['run.ts', 'stopwatch.ts', 'data.ts'];
const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.ts') && !helpers.includes(file))
  .map((file) => basename(file, '.ts'));
const [name = '', ...rest] = process.argv.slice(2);
if (!names.includes(name)) {
  process.stderr.write(`Which bench? npm run bench -- NAME, with one of: ${names.join(', ')}\n`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, [`${import.meta.dirname}/${name}.ts`, ...rest], { stdio: 'inherit' });
process.exit(status ?? 1);
