import assert from 'node:assert/strict';
import { assertSameRows } from '../same-rows.ts';
import { runLocally } from './local-executor.ts';
import type { PlannerBench } from './planner.ts';

const settings = [
  { limits: {}, isAdapted: false },
  { limits: { broadcastBytesMax: 0, rereadBytesMax: 0 }, isAdapted: true },
];

/**
 * Asserts that a question is answered as DuckDB answers it, with sides sent whole and with rows that meet by hash and
 * stages that are adapted.
 *
 * @returns why it, or a part of it, runs in one task; nothing where it is distributed
 */
export function assertAsDuckDb(bench: PlannerBench, text: string): readonly string[] {
  const whole = `SELECT * FROM (${text})`;
  const [expected, schema] = [bench.connection.rows(whole), bench.connection.describe(whole)];
  const notes = settings.flatMap(({ limits, isAdapted }) => {
    const staged = bench.plan({ kind: 'sql', text }, { config: { ...bench.config, ...limits }, slots: 3 });
    const adapting = {
      slots: 3,
      limits: { ...bench.config, taskBytesMin: 1000, skewBytesMin: 100, broadcastBytesMax: 2000 },
    };
    const table = runLocally(staged, bench.connection, {
      directory: bench.directory,
      ...(isAdapted ? { adapt: adapting } : {}),
    });
    assertSameRows(bench.connection.rows(`FROM ${table}`), expected, / order by [^()]*$/.test(text), text);
    assert.deepEqual(staged.schema, schema, text);
    return staged.notes.map((note) => note.text).filter((note) => note.startsWith('the query runs in one task'));
  });
  return [...new Set(notes)].filter((note) => !/it reads no file|speaks of what is beside it/.test(note));
}
