import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkHost, guardedLookup } from '../../../../connectors/net/metadata-addresses.ts';
import { globMatcher } from '../../../../connectors/s3/glob.ts';
import { literalPrefix, parseLocation } from '../../../../connectors/s3/location.ts';
import { parseS3Options, wantsPathStyle } from '../../../../connectors/s3/options.ts';
import { loadSdk } from '../../../../connectors/s3/sdk.ts';
import { ObjectStore } from '../../../../connectors/s3/store.ts';
import { loadConfig } from '../../../../shared/config/config.ts';

test('globs match keys as they match paths', () => {
  const cases: readonly [string, readonly string[], readonly string[]][] = [
    [
      'x/*.parquet',
      ['x/a.parquet', 'x/.parquet'.replace('.', 'b.')],
      ['x/y/a.parquet', 'x/a.csv', 'ax/a.parquet', 'x/.a.parquet'],
    ],
    ['x/**/*.csv', ['x/a.csv', 'x/y/a.csv', 'x/y/z/a.csv'], ['x/a.csv.gz', 'a.csv', 'xa.csv']],
    ['x/**', ['x/a', 'x/y/z'], ['y/a']],
    ['log-202?-0[1-3].gz', ['log-2024-01.gz', 'log-2029-03.gz'], ['log-2024-04.gz', 'log-202/-01.gz']],
    ['a[!b]c', ['axc'], ['abc', 'a/c']],
    ['day=*/part-?.pq', ['day=1/part-1.pq'], ['day=1/x/part-1.pq', 'day=1/part-10.pq']],
    ['{a,b}/x+(1).txt', ['a/x+(1).txt', 'b/x+(1).txt'], ['c/x+(1).txt', 'a/xx(1).txt']],
  ];
  for (const [glob, yes, no] of cases) {
    for (const key of yes) assert.ok(globMatcher(glob)(key), `${glob} matches ${key}`);
    for (const key of no) assert.ok(!globMatcher(glob)(key), `${glob} does not match ${key}`);
  }
});

test('a key without special characters matches itself and begins with its prefix', () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9_.=()+$^-]+$/).filter((text) => !text.startsWith('.'));
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (segments) => {
      const key = segments.join('/');
      assert.ok(globMatcher(key)(key));
      assert.equal(literalPrefix(key), key);
      assert.ok(globMatcher(`${key}*`)(`${key}tail`));
    }),
  );
});

test('a location has a bucket', () => {
  assert.deepEqual(parseLocation('s3://b/x/y.csv'), { bucket: 'b', key: 'x/y.csv' });
  assert.deepEqual(parseLocation('s3://b'), { bucket: 'b', key: '' });
  for (const wrong of ['s3://', 's3:///x', 's3://b c/x'])
    assert.throws(() => parseLocation(wrong), { code: 'PLAN_INVALID' });
});

test('addresses of metadata are refused in every way to write them, and by name', async () => {
  for (const url of [
    'http://169.254.169.254',
    'http://2852039166',
    'http://0xa9fea9fe',
    'http://[fe80::1]',
    'http://[::ffff:169.254.169.254]',
    'http://metadata.google.internal',
    'http://100.100.100.200',
  ])
    assert.throws(() => checkHost(new URL(url).hostname, false), { code: 'PERMISSION_DENIED' }, url);
  for (const host of ['127.0.0.1', 'localhost', 's3.eu-central-1.amazonaws.com', '[::1]']) checkHost(host, false);
  checkHost('169.254.169.254', true);
  const resolved = await new Promise((resolve) =>
    guardedLookup(false)('169.254.169.254', {}, (error) => resolve(error)),
  );
  assert.equal((resolved as { code: string }).code, 'PERMISSION_DENIED');
  const store = await ObjectStore.open(
    { endpoint: 'http://169.254.169.254', accessKeyId: 'a', secretAccessKey: 'b' },
    loadConfig(),
  );
  await assert.rejects(store.head({ bucket: 'latest', key: 'meta-data' }), {
    code: 'PERMISSION_DENIED',
    message: /credentials/,
  });
});

test('options are checked by name, and say how buckets are addressed', () => {
  assert.throws(() => parseS3Options({ endpiont: 'x' }), { code: 'PLAN_INVALID', message: /endpiont/ });
  assert.throws(() => parseS3Options({ accessKeyId: 'x' }), { code: 'PLAN_INVALID', message: /secretAccessKey/ });
  assert.throws(() => parseS3Options({ endpoint: 'nowhere' }), { code: 'PLAN_INVALID' });
  assert.equal(wantsPathStyle({}), false);
  assert.equal(wantsPathStyle({ endpoint: 'https://s3.eu-west-1.amazonaws.com' }), false);
  assert.equal(wantsPathStyle({ endpoint: 'http://127.0.0.1:9000' }), true);
  assert.equal(wantsPathStyle({ endpoint: 'http://127.0.0.1:9000', pathStyle: false }), false);
});

test('without the package, what to install is said', async () => {
  await assert.rejects(
    loadSdk(() => Promise.reject(new Error('Cannot find package'))),
    {
      code: 'CONNECTOR_MISSING',
      next: /npm install @aws-sdk\/client-s3/,
    },
  );
});
