import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SheafError } from '../../../../shared/errors.ts';
import type { CsvDialect } from '../../../../shared/stage/split.ts';
import { inFileTerms } from '../../../../worker/kernel/row-errors.ts';

test('what is wrong with a value stands in the error, whether or not DuckDB proposes fixes', () => {
  const file = { path: '/d/a.csv', sizeBytes: 10, modifiedMs: 0 };
  const dialect: CsvDialect = { delimiter: ',', quote: '"', escape: '"', header: true, nullText: '', columns: [] };
  const ranges = new Map([['/d/a.csv', { kind: 'csv' as const, file, from: 0, to: 10, dialect }]]);
  const what = 'Error when converting column "name". Could not convert string "e" to \'INTEGER\'';
  const head = `Conversion Error: CSV Error on Line: 2\nOriginal Line: 1,e\n${what}`;
  for (const rest of [
    '\n\nColumn name is being converted as type INTEGER\n\n  file = /d/a.csv',
    '\nPossible fixes:\n* no /d/a.csv',
  ]) {
    const { message } = inFileTerms(new SheafError('ROW_MALFORMED', `${head}${rest}`), ranges);
    assert.equal(message, `/d/a.csv, line 2: ${head}`);
  }
});
