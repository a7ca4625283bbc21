import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLogger } from '../../../shared/log.ts';
import { redact, redactData, rememberDerived, Secrets } from '../../../shared/secrets.ts';

const environment = { SHEAF_SECRET_SHOP: 'p@ss "word" 1', SHEAF_SECRET_PIN: '123' };

test('values are put in where references stand, from the folder before the environment', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sheaf-secrets-'));
  try {
    writeFileSync(join(folder, 'TOKEN'), 'from-the-folder\n');
    writeFileSync(join(folder, 'PIN'), '4567');
    const secrets = new Secrets(folder, environment);
    const options = { url: { $secret: 'SHOP' }, list: [{ $secret: 'TOKEN' }, 1, null], pin: { $secret: 'PIN' } };
    assert.deepEqual(secrets.resolve(options), {
      url: 'p@ss "word" 1',
      list: ['from-the-folder', 1, null],
      pin: '4567',
    });
    assert.throws(() => secrets.get('NONE'), { code: 'SECRET_UNKNOWN', message: /no secret NONE/ });
    const unset = new Secrets(undefined, { SHEAF_SECRET_URL: '' });
    assert.throws(() => unset.get('URL'), { code: 'SECRET_UNKNOWN', message: /secret URL .*is empty/ });
    assert.throws(() => secrets.get('../etc/passwd'), { code: 'SECRET_UNKNOWN' });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a known value leaves in no form: plain, in a URL, in JSON, in a log line', () => {
  const value = new Secrets(undefined, environment).get('SHOP');
  const url = `postgres://u:${encodeURIComponent(value)}@h`;
  assert.equal(
    redact(`${value} ${url} ${JSON.stringify({ value })}`),
    '[secret] postgres://u:[secret]@h {"value":"[secret]"}',
  );
  assert.deepEqual(redactData({ a: [value, 1, null], b: { c: `x${value}y` } }), {
    a: ['[secret]', 1, null],
    b: { c: 'x[secret]y' },
  });
  const lines: string[] = [];
  const output = { write: (line: string) => void lines.push(line) };
  createLogger({ name: 't', output }).info({ options: { deep: { url: value } } }, `with ${value}`);
  createLogger({ name: 't', output, pretty: true }).info({ options: { deep: { url: value } } }, `with ${value}`);
  assert.equal(lines.length, 2);
  assert.ok(
    lines.every((line) => line.includes('[secret]') && !line.includes('word')),
    lines.join(''),
  );
});

test('a value that is shorter than a word stays: it would take words out of everything', () => {
  new Secrets(undefined, environment).get('PIN');
  assert.equal(redact('line 123'), 'line 123');
});

test('what was made of a secret leaves in no form either; of many only the latest are known', () => {
  rememberDerived('token a/b');
  assert.equal(redact('Bearer token a/b, ?t=token+a%2Fb'), 'Bearer [secret], ?t=[secret]');
  for (let n = 0; n < 2000; n += 1) rememberDerived(`issued-${n}-`);
  assert.equal(redact('issued-1999- issued-3-'), '[secret] issued-3-');
});
