/** `node test/fuzz/run.ts --seed S --count N`: Sheaf's answers against DuckDB's on random questions. */
import { parseArgs } from 'node:util';
import { explainPlan } from '../../coordinator/planner/explain/staged.ts';
import { fuzz, perWorld, worldSeed } from './campaign.ts';
import { World } from './fuzzer.ts';
import { Coverage } from './questions/coverage.ts';
import { questionMsMax, TimeLimit } from './time-limit.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '1000' },
    /** Shows one case whole: its question, its stages and its outcome. */
    show: { type: 'string' },
    /** How long one question may take. */
    'limit-ms': { type: 'string', default: String(questionMsMax) },
    /** Asks only questions of this family; those of others are made and left out. */
    family: { type: 'string' },
    stop: { type: 'string', default: '20' },
  },
});

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

if (values.show === undefined) {
  const report = await fuzz(Number(values.seed), Number(values.count), {
    differencesMax: Number(values.stop),
    print,
    minimised: true,
    limitMs: Number(values['limit-ms']),
    family: values.family,
  });
  for (const line of report.lines()) print(line);
  process.exitCode = report.differences.length === 0 ? 0 : 1;
} else {
  const seed = Number(values.show);
  await using time = new TimeLimit(Number(values['limit-ms']));
  using world = new World(worldSeed(seed), new Coverage(), time);
  const question = world.make(seed % perWorld);
  print(question.kind === 'sql' ? question.sql : `${JSON.stringify(question.plan, null, 1)}\n${question.sql}`);
  for (const { from } of world.tables)
    print(
      `${from}\n  ${world.reference
        .describe(`FROM ${from}`)
        .map(({ name, type }) => `${name} ${type}`)
        .join(', ')}`,
    );
  try {
    print(explainPlan(world.stagesOf(question)).text);
  } catch (thrown) {
    print(String(thrown));
  }
  print(JSON.stringify(await world.ask(question), null, 1));
}
