import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { resolveSources } from '../../../../coordinator/sources/resolve-sources.ts';
import type { SheafError } from '../../../../shared/errors.ts';
import { PlannerBench, scan } from '../../../support/planner/planner.ts';

const bench = new PlannerBench();
after(() => bench[Symbol.dispose]());

test('a line of NDJSON that is longer than DuckDB takes: the error says how it is read', () => {
  const path = bench.path('long.ndjson');
  writeFileSync(path, `{"a": 1}\n{"a": "${'y'.repeat(40_000_000)}"}\n`);
  let next = '';
  assert.throws(
    () => resolveSources(scan(path), bench.tools),
    (thrown: SheafError) => {
      next = thrown.next ?? '';
      return thrown.code === 'ROW_MALFORMED';
    },
  );
  const [call = ''] = /read_ndjson\(.*?\)/.exec(next) ?? [];
  assert.deepEqual(bench.connection.rows(`SELECT count(*)::INTEGER AS n FROM ${call}`), [{ n: 2 }]);
});
