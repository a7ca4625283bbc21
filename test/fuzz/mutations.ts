import type { StagedPlan } from '../../coordinator/planner/stages/staged-plan.ts';
import type { Partitioning } from '../../shared/stage/output.ts';
import type { StageSpec } from '../../shared/stage/stage.ts';
import type { Mutation } from './fuzzer.ts';

/** Bugs as a planner might have them, planted between planner and workers: the fuzzer must notice each. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'a lost filter': inSql((sql) => sql.replaceAll(' WHERE ', ' WHERE true OR ')),
  'a filter that keeps what is null': inSql((sql) => sql.replace(/ WHERE (\(.*\))/s, ' WHERE ($1) IS NOT FALSE')),
  'a wrong join side': inSql((sql) => sql.replaceAll(' LEFT JOIN ', ' RIGHT JOIN ')),
  'an average of averages': inSql((sql) =>
    sql.replace(/CAST\(sum\((part\d+)\) AS DOUBLE\) \/ sum\((part\d+)\)/g, 'avg($1 / $2)'),
  ),
  'a count of counts': inSql((sql) => sql.replace(/coalesce\(sum\((part\d+)\), 0\)/gi, 'count($1)')),
  'a value that counts once per task': inSql((sql) => sql.replace(/SELECT DISTINCT (.*partvalue)/s, 'SELECT $1')),
  'variances of parts without what their means differ': inSql((sql) =>
    sql.replace(/ELSE list_sum\(/g, 'ELSE 0 * list_sum('),
  ),
  'a set of keys that is lost': inSql((sql) => sql.replace(/GROUPING SETS \(\([^)]*\), /, 'GROUPING SETS (')),
  'a set of keys that is taken for another': inSql(withoutSetNumber),
  'an unequal hash of equal keys of two types': inStages(({ output, ...stage }) => ({
    ...stage,
    output: output.kind === 'exchange' ? { ...output, partitioning: uncast(output.partitioning) } : output,
  })),
  'equal rows that do not meet': inStages(({ output, ...stage }) => ({
    ...stage,
    output: output.kind === 'exchange' ? { ...output, partitioning: inTurn(output.partitioning) } : output,
  })),
  'a lost task': (plan) => ({
    ...plan,
    stages: plan.stages.map((stage) =>
      stage.output.kind === 'exchange' && stage.tasks > 2 ? { ...stage, tasks: stage.tasks - 1 } : stage,
    ),
  }),
  'an order that the gathering stage forgets': inSql((sql) => sql.replace(/ ORDER BY [^()]*?( LIMIT .*)?$/s, '$1')),
};

function inStages(change: (stage: StageSpec) => StageSpec): Mutation {
  return (plan: StagedPlan) => ({ ...plan, stages: plan.stages.map(change) });
}

/** Whole groups meet by their keys alone; what else asks for the set's number gets one. */
function withoutSetNumber(sql: string): string {
  const merged = sql.replace(/ GROUP BY (.*), "partset"/s, ' GROUP BY $1');
  if (merged === sql) return sql;
  return merged
    .replace(/, partset(?=,| FROM)/g, ', any_value("partset") AS partset')
    .replace(/(?<! AS |"|\w)partset(?!"|\w)/g, 'any_value("partset")');
}

function inSql(change: (sql: string) => string): Mutation {
  return inStages((stage) => ({
    ...stage,
    steps: stage.steps.map((step) => (step.kind === 'sql' ? { ...step, sql: change(step.sql) } : step)),
  }));
}

/** Keys as they are on their side, without the cast to the common type. */
function uncast(partitioning: Partitioning): Partitioning {
  if (partitioning.kind !== 'hash') return partitioning;
  return { ...partitioning, keys: partitioning.keys.map((key) => key.replace(/^(?:TRY_)?CAST\((.*) AS .*\)$/s, '$1')) };
}

function inTurn(partitioning: Partitioning): Partitioning {
  return partitioning.kind === 'hash' ? { kind: 'roundRobin', partitions: partitioning.partitions } : partitioning;
}
