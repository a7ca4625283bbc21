import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../../../shared/config/config.ts';
import { readTokenFile, tokenCheck } from '../../../../shared/rpc/token.ts';

const config = loadConfig();
let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sheaf-token-'));
});
after(() => rm(folder, { recursive: true }));

async function tokenFile(text: string, mode = 0o600): Promise<string> {
  const path = join(folder, 'token');
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

test('a token is read without the white space around it', async () => {
  assert.equal(await readTokenFile(await tokenFile('0123456789abcdef\n'), config), '0123456789abcdef');
});

test('a missing, short, spaced or open token file is refused', async () => {
  const refused = { code: 'CONFIG_INVALID' };
  await assert.rejects(readTokenFile(join(folder, 'none'), config), refused);
  await assert.rejects(readTokenFile(await tokenFile('short'), config), refused);
  await assert.rejects(readTokenFile(await tokenFile('0123456789 abcdef'), config), refused);
  await assert.rejects(readTokenFile(await tokenFile('0123456789abcdef', 0o640), config), refused);
});

test('a token equals only itself', () => {
  const check = tokenCheck('0123456789abcdef');
  assert.ok(check('0123456789abcdef'));
  for (const other of ['', '0123456789abcde', '0123456789abcdef0', '0123456789abcdeF']) assert.ok(!check(other));
});
