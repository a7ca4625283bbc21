import assert from 'node:assert/strict';
import { assertSameRows, isOrdered } from '../same-rows.ts';
import { runLocally } from './local-executor.ts';
import type { PlannerBench } from './planner.ts';

/** How a question is run: with sides sent whole; with rows that meet by hash; and with stages that are adapted, too. */
export const ways = [
  { limits: {}, isAdapted: false },
  { limits: { broadcastBytesMax: 0, rereadBytesMax: 0 }, isAdapted: false },
  { limits: { broadcastBytesMax: 0, rereadBytesMax: 0 }, isAdapted: true },
];

/** What a question is answered in one way, and why it, or a part of it, runs in one task. */
export function answerOf(bench: PlannerBench, text: string, { limits, isAdapted }: (typeof ways)[number]) {
  const staged = bench.plan({ kind: 'sql', text }, { config: { ...bench.config, ...limits }, slots: 3 });
  const adapting = {
    slots: 3,
    limits: { ...bench.config, taskBytesMin: 1000, skewBytesMin: 100, broadcastBytesMax: 2000 },
  };
  const { directory } = bench;
  const table = runLocally(staged, bench.connection, { directory, ...(isAdapted ? { adapt: adapting } : {}) });
  const notes = staged.notes.map((note) => note.text).filter((note) => note.startsWith('the query runs in one task'));
  return { rows: bench.connection.rows(`FROM ${table}`), schema: staged.schema, notes };
}

/** Notes of parts that have nothing to distribute. */
const isOfNoFile = /it reads no file|speaks of what is beside it/;

/**
 * Asserts that a question is answered as DuckDB answers it, in all ways.
 *
 * @returns why it, or a part of it, runs in one task; nothing where it is distributed
 */
export function assertAsDuckDb(bench: PlannerBench, text: string): readonly string[] {
  const whole = `SELECT * FROM (${text})`;
  const [expected, schema] = [bench.connection.rows(whole), bench.connection.describe(whole)];
  const notes = ways.flatMap((way) => {
    const answer = answerOf(bench, text, way);
    assertSameRows(answer.rows, expected, isOrdered(text), text);
    assert.deepEqual(answer.schema, schema, text);
    return answer.notes;
  });
  return [...new Set(notes)].filter((note) => !isOfNoFile.test(note));
}
