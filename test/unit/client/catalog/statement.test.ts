import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExplain, parseStatement } from '../../../../client/catalog/statement.ts';

test('CREATE and DROP are understood, however they are written', () => {
  assert.deepEqual(parseStatement('create view late as select 1 as "as" from \'x.parquet\' -- end'), {
    kind: 'create',
    what: 'view',
    name: 'late',
    replace: false,
    query: ' select 1 as "as" from \'x.parquet\' -- end',
  });
  assert.deepEqual(parseStatement('/* first */ Create OR\nReplace TABLE "my ""t" AS from x'), {
    kind: 'create',
    what: 'table',
    name: 'my "t',
    replace: true,
    query: ' from x',
  });
  assert.deepEqual(parseStatement('drop table flights ;'), {
    kind: 'drop',
    what: 'table',
    name: 'flights',
    ifExists: false,
  });
  assert.deepEqual(parseStatement('DROP VIEW IF EXISTS v'), { kind: 'drop', what: 'view', name: 'v', ifExists: true });
});

test('questions are left alone', () => {
  for (const text of [
    'select 1',
    'from created',
    'with "create" as (select 1) from "create"',
    '',
    '-- create table x',
  ]) {
    assert.equal(parseStatement(text), undefined, text);
  }
});

test('other forms are refused', () => {
  for (const text of ['create table t (x int)', 'create index i on t(x)', 'create', 'drop table t cascade', 'drop t']) {
    assert.throws(() => parseStatement(text), { code: 'SQL_INVALID' }, text);
  }
});

test('EXPLAIN asks about the question after it', () => {
  assert.deepEqual(parseExplain(' explain select 1'), { analyze: false, query: ' select 1' });
  assert.deepEqual(parseExplain('EXPLAIN /* all */ ANALYZE from t'), { analyze: true, query: ' from t' });
  assert.equal(parseExplain('select 1 as explain'), undefined);
});
