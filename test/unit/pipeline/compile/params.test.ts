import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillParams, paramText } from '../../../../pipeline/compile/params.ts';

const values = { day: { type: 'DATE', value: '2026-01-31' }, most: { type: 'INTEGER', value: 10 } };

test('values of a run stand in options as they are, and in SQL as literals of their type', () => {
  const data = {
    query: { day: { $param: 'day' } },
    list: [{ $param: 'most' }],
    parameters: [{ name: '1', sql: `'${paramText('day')}'` }],
  };
  assert.deepEqual(fillParams(data, values), {
    query: { day: '2026-01-31' },
    list: [10],
    parameters: [{ name: '1', sql: `CAST('2026-01-31' AS DATE)` }],
  });
});

test('a parameter that is not there is named, with those that are', () => {
  assert.throws(() => fillParams({ $param: 'dya' }, values), {
    code: 'PIPELINE_INVALID',
    message: /no parameter dya/,
    next: /day, most/,
  });
});

test('a parameter cannot name a file in SQL', () => {
  assert.throws(() => fillParams(`SELECT * FROM '${paramText('day')}'`, values), { code: 'PIPELINE_INVALID' });
});
