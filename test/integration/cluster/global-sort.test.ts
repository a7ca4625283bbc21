import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress, smallTasks, withCluster } from '../../support/cluster/cluster.ts';
import { duckdbAnswer, flightsFile } from '../../support/duckdb-answer.ts';
import { assertSameRows } from '../../support/same-rows.ts';

const text = `SELECT delay::DOUBLE AS late, origin, destination, date::VARCHAR AS day FROM '${flightsFile}'
  WHERE delay > 45 ORDER BY late DESC, origin, destination, day`;

test('a sort of many rows is done in ranges by several tasks, also when a worker dies in the middle', async () => {
  await withCluster({ workers: 3, config: smallTasks }, async (cluster, client) => {
    const expected = duckdbAnswer(text);
    const question = client.sql(text);
    const calm = new Progress();
    assertSameRows(await Array.fromAsync(question.rows({ onProgress: calm.onProgress })), expected, true, 'sorted');
    assert.deepEqual(
      calm.info?.stages.map(
        ({ name }) => name.split(' → ')[name.startsWith('range') ? 1 : name.split(' → ').length - 1],
      ),
      ['sample', 'bounds', 'cut into ranges', 'sort'],
    );
    assert.ok((calm.info?.stages[3]?.tasks ?? 0) > 1, 'several tasks sort');

    const troubled = new Progress();
    const answer = Array.fromAsync(question.rows({ onProgress: troubled.onProgress }));
    await troubled.reaches(({ stages }) => (stages[2]?.finished ?? 0) > 0, 'a task has cut its rows into ranges');
    await cluster.workers[0]?.kill();
    assertSameRows(await answer, expected, true, 'sorted again');
  });
});
