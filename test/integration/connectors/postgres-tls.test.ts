import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresConnection } from '../../../connectors/postgres/connection-options.ts';
import { postgresSource } from '../../../connectors/postgres/source/source.ts';
import { postgresTests } from '../../support/connectors/postgres-tests.ts';

const { lab, rowsOf, server } = postgresTests();

/** A certificate that signs itself. */
function certificate(folder: string, name: string, subject: string): string {
  const [key, file] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-keyout', key, '-out', file, '-subj', '/CN=sheaf test', '-addext', `subjectAltName=${subject}`],
    ],
    { stdio: 'pipe' },
  );
  chmodSync(key, 0o600);
  if (process.getuid?.() === 0) chownSync(key, 65_534, 65_534);
  return file;
}

const listWith = (connection: PostgresConnection) =>
  postgresSource.list(
    postgresSource.parse({ connection, query: 'SELECT 1 AS one', snapshot: false }),
    lab.listContext(),
  );

/** New connections have the setting some time after the server was told to read it again. */
async function reloaded(name: string, value: string): Promise<void> {
  await rowsOf('SELECT pg_reload_conf()');
  const isThere = async () => (await rowsOf(`SELECT current_setting('${name}') AS value`))[0]?.value === value;
  while (!(await isThere())) await pause(20);
}

test('sslmode decides what of the server is checked', async () => {
  const { port, password, folder, url } = server();
  const parts = { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password };
  await assert.rejects(listWith({ ...parts, sslmode: 'require' }), {
    code: 'SOURCE_FAILED',
    retryable: false,
    message: /no trusted encrypted connection/,
  });

  const good = certificate(folder, 'server', 'IP:127.0.0.1');
  const other = certificate(folder, 'other', 'IP:127.0.0.1');
  await rowsOf(`ALTER SYSTEM SET ssl_cert_file = '${good}'`);
  await rowsOf(`ALTER SYSTEM SET ssl_key_file = '${join(folder, 'server.key')}'`);
  await rowsOf('ALTER SYSTEM SET ssl = on');
  await reloaded('ssl', 'on');

  const ca = readFileSync(good, 'utf8');
  await listWith({ ...parts, sslmode: 'require' });
  await listWith({ ...parts, ca });
  await listWith(`${url}?sslmode=verify-full&sslrootcert=${encodeURIComponent(good)}`);
  await assert.rejects(listWith({ ...parts, sslmode: 'verify-full' }), { code: 'SOURCE_FAILED', retryable: false });
  await assert.rejects(listWith({ ...parts, sslmode: 'verify-ca', caFile: other }), {
    code: 'SOURCE_FAILED',
    retryable: false,
  });
  await assert.rejects(listWith({ ...parts, sslmode: 'verify-full', caFile: join(folder, 'gone.crt') }), {
    code: 'FILE_NOT_FOUND',
  });

  const named = certificate(folder, 'named', 'DNS:db.example.com');
  await rowsOf(`ALTER SYSTEM SET ssl_cert_file = '${named}'`);
  await rowsOf(`ALTER SYSTEM SET ssl_key_file = '${join(folder, 'named.key')}'`);
  await reloaded('ssl_cert_file', named);
  await listWith({ ...parts, sslmode: 'verify-ca', caFile: named });
  await assert.rejects(listWith({ ...parts, sslmode: 'verify-full', caFile: named }), {
    code: 'SOURCE_FAILED',
    message: /no trusted encrypted connection/,
  });
});
