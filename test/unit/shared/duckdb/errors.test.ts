import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duckdbError } from '../../../../shared/duckdb/errors.ts';

const cases: readonly (readonly [code: string, message: string])[] = [
  ['SQL_INVALID', 'Parser Error: syntax error at or near "selec"\n\nLINE 1: selec 1\n        ^'],
  ['SQL_INVALID', 'Binder Error: aggregate function calls cannot be nested'],
  ['COLUMN_UNKNOWN', 'Binder Error: Referenced column "a" not found in FROM clause!\nCandidate bindings: "range"'],
  ['COLUMN_UNKNOWN', 'Binder Error: Table "t" does not have a column named "z"'],
  ['COLUMN_UNKNOWN', 'Binder Error: Could not find key "z" in struct'],
  ['TABLE_UNKNOWN', 'Catalog Error: Table with name nope does not exist!'],
  ['FILE_NOT_FOUND', 'IO Error: No files found that match the pattern "/none/x.parquet"'],
  ['FILE_NOT_FOUND', 'IO Error: Cannot open file "/none/x.parquet": No such file or directory'],
  ['PERMISSION_DENIED', 'IO Error: Cannot open file "/root/x.parquet": Permission denied'],
  ['FILE_CORRUPT', "Invalid Input Error: No magic bytes found at end of file '/tmp/bad.parquet'"],
  ['FILE_CORRUPT', "Invalid Input Error: File '/tmp/empty.parquet' too small to be a Parquet file"],
  ['ROW_MALFORMED', 'Invalid Input Error: CSV Error on Line: 3\nExpected Number of Columns: 2 Found: 3'],
  [
    'ROW_MALFORMED',
    'Invalid Input Error: JSON transform error in file "/a.json", in line 1: Object has unknown key "b"',
  ],
  ['SCHEMA_MISMATCH', 'Conversion Error: Error while reading file "/b": failed to cast column "a" from type VARCHAR'],
  ['OUT_OF_MEMORY', 'Out of Memory Error: could not allocate block of size 256.0 KiB (28.3 MiB/28.6 MiB used)'],
  [
    'DISK_FULL',
    "Out of Memory Error: failed to offload data block.\nThis limit was set by the 'max_temp_directory_size' setting.",
  ],
  ['DISK_FULL', 'IO Error: Could not write file "/dev/full": No space left on device'],
  ['CANCELLED', 'INTERRUPT Error: Interrupted!'],
  ['QUERY_FAILED', "Conversion Error: Could not convert string 'x' to INT32"],
  ['QUERY_FAILED', 'Invalid Input Error: No files found that match what the user said'],
  ['INTERNAL', 'INTERNAL Error: Attempted to dereference unique_ptr that is NULL!'],
];

for (const [code, message] of cases) {
  test(`${code}: ${message.slice(0, 60).replaceAll('\n', ' ')}`, () => {
    const error = duckdbError(message);
    assert.equal(error.code, code);
    assert.equal(error.message, message);
  });
}

test('a row that cannot be read has a next step', () => {
  assert.match(duckdbError('Invalid Input Error: Malformed JSON in file "/a.json"').next ?? '', /Correct the row/);
});

test('memory and disk may be there at the next try', () => {
  assert.equal(duckdbError('Out of Memory Error: could not allocate').retryable, true);
  assert.equal(duckdbError('Parser Error: no').retryable, false);
});

test('an exception handed out as JSON is read', () => {
  const error = duckdbError('{"exception_type":"Out of Memory","exception_message":"could not allocate"}');
  assert.equal(error.code, 'OUT_OF_MEMORY');
  assert.equal(error.message, 'Out of Memory Error: could not allocate');
});

test("DuckDB's error type decides when the message does not", () => {
  assert.equal(duckdbError('interrupted', 29).code, 'CANCELLED');
  assert.equal(duckdbError('something', 0).code, 'QUERY_FAILED');
});

test('advice to set what nobody can set here is left out', () => {
  const memory = 'Out of Memory Error: failed to allocate data of size 2.0 MiB (60.1 MiB/61.0 MiB used)';
  const advice =
    '\n\nPossible solutions:\n* Reducing the number of threads (SET threads=X)\n\nSee also https://duckdb.org';
  assert.equal(duckdbError(`${memory}${advice}`).message, memory);
  const disk = "Out of Memory Error: failed to offload\nThis limit was set by the 'max_temp_directory_size' setting.";
  const more =
    '\nBy default, this setting utilizes the available disk space\nYou can adjust this setting, by using PRAGMA';
  const { code, message } = duckdbError(`${disk}${more}${advice}`);
  assert.deepEqual([code, message], ['DISK_FULL', disk]);
});
