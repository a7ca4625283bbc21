import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectorError } from '../../../connectors/connector-error.ts';
import { registerConnector, sinkConnector, sourceConnector } from '../../../connectors/registry.ts';
import { SheafError } from '../../../shared/errors.ts';
import { Secrets } from '../../../shared/secrets.ts';
import { sink, source } from '../../support/connectors/test-connector.ts';

test('a connector is loaded when it is first used, as what it is', async () => {
  let loads = 0;
  registerConnector('lazy', async () => {
    loads += 1;
    return { source };
  });
  assert.equal(loads, 0);
  assert.equal(await sourceConnector('lazy'), source);
  assert.equal(loads, 1);
  await assert.rejects(sinkConnector('lazy'), { code: 'PLAN_INVALID', message: 'The connector lazy is no sink' });
  registerConnector('both', async () => ({ source, sink }));
  assert.equal(await sinkConnector('both'), sink);
});

test('an unknown name: the nearest ones, and all', async () => {
  await assert.rejects(sourceConnector('postgrse'), (error: SheafError) => {
    assert.equal(error.code, 'PLAN_INVALID');
    assert.match(error.next ?? '', /Did you mean "postgres"\?.*The connectors are: .*postgres/);
    return true;
  });
});

test('a package that is not installed: the command that installs it', async () => {
  registerConnector('lacking', () => import('no-such-package-at-all' as string), ['no-such-package-at-all']);
  await assert.rejects(sourceConnector('lacking'), (error: SheafError) => {
    assert.equal(error.code, 'CONNECTOR_MISSING');
    assert.match(error.next ?? '', /npm install no-such-package-at-all$/);
    return true;
  });
  registerConnector('broken', () => import('no-such-package-at-all' as string));
  await assert.rejects(sourceConnector('broken'), { code: 'ERR_MODULE_NOT_FOUND' }, 'our own bug stays what it is');
});

test('errors keep their code, name connector and pieces, and hold no secret', () => {
  const password = new Secrets(undefined, { SHEAF_SECRET_P: 'a "quoted" secret' }).get('P');
  const place = { use: 'source', connector: 'shop', pieces: [{ page: 3 }, password] } as const;
  const own = connectorError(new SheafError('ROW_MALFORMED', `bad row ${password}`, { next: 'Fix it.' }), place);
  assert.equal(own.code, 'ROW_MALFORMED');
  assert.equal(own.message, 'shop: bad row [secret]');
  assert.equal(own.next, 'Fix it.');
  assert.deepEqual(own.details, { connector: 'shop', pieces: '[{"page":3},"[secret]"]' });
  const socket = Object.assign(new Error(`no way to ${password}`), { code: 'ECONNRESET' });
  const foreign = connectorError(socket, place);
  assert.equal(foreign.code, 'SOURCE_FAILED');
  assert.equal(foreign.message, 'shop: ECONNRESET: no way to [secret]');
  assert.equal(foreign.retryable, true);
  assert.ok(!JSON.stringify(foreign.toData()).includes('quoted'));
  assert.equal(connectorError(new Error('x'), { use: 'sink', connector: 'shop', output: 'o' }).code, 'SINK_FAILED');
  assert.equal(connectorError(foreign, place), foreign, 'what was told is not told twice');
});
