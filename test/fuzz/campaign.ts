import { exceptionFor } from './exceptions.ts';
import { type Case, type Mutation, type Outcome, World } from './fuzzer.ts';
import { minimise } from './minimise.ts';
import { Coverage } from './questions/coverage.ts';
import { questionMsMax, TimeLimit } from './time-limit.ts';

/** Cases that share their tables: those whose seeds begin alike. */
export const perWorld = 50;

/** Of the tables that a case is asked of. */
export const worldSeed = (seed: number): number => seed - (seed % perWorld);

/** A question whose answer was not DuckDB's. */
export interface Difference {
  readonly question: Case;
  readonly text: string;
}

/** What is asked, and how much of it. */
export interface FuzzOptions {
  /** Ends after so many. */
  readonly differencesMax: number;
  readonly print: (line: string) => void;
  /** A bug to plant in every plan. */
  readonly mutate?: Mutation;
  /** Prints a smaller question in place of one that differs. */
  readonly minimised?: boolean;
  /** How long one question may take. */
  readonly limitMs?: number;
  /** Asks only questions of this family. */
  readonly family?: string | undefined;
  /** Differences that count; default: all. */
  readonly counts?: (text: string) => boolean;
}

/** What a campaign did and found. */
class FuzzReport {
  readonly coverage = new Coverage();
  readonly differences: Difference[] = [];
  asked = 0;
  staged = 0;
  parallel = 0;
  failed = 0;

  add(outcome: Outcome): void {
    this.asked += 1;
    if (outcome.stages > 1) this.staged += 1;
    if (outcome.parallel) this.parallel += 1;
    if (outcome.failed) this.failed += 1;
    if (outcome.reason !== undefined) this.coverage.count('failed in both', outcome.reason.slice(0, 110));
    if (outcome.late !== undefined) this.coverage.count('late', outcome.late);
    this.coverage.count('stages', String(outcome.stages));
  }

  lines(): string[] {
    const share = (part: number): string => `${part} (${Math.round((100 * part) / Math.max(1, this.asked))} %)`;
    return [
      `${this.asked} questions, ${share(this.staged)} in several stages, ${share(this.parallel)} with parallel tasks, ${share(this.failed)} failed in both, ${this.differences.length} differences`,
      ...this.coverage.lines(),
    ];
  }
}

/** Asks `count` questions, from a seed on. */
export async function fuzz(
  seed: number,
  count: number,
  {
    differencesMax,
    print,
    mutate,
    minimised = false,
    limitMs = questionMsMax,
    family,
    counts = () => true,
  }: FuzzOptions,
): Promise<FuzzReport> {
  const report = new FuzzReport();
  await using time = new TimeLimit(limitMs);
  for (let at = seed; at < seed + count; ) {
    using world = new World(worldSeed(at), report.coverage, time);
    const end = Math.min(worldSeed(at) + perWorld, seed + count);
    for (; at < end; at++) {
      const question = world.make(at % perWorld);
      if (family !== undefined && question.family !== family) continue;
      const outcome = await world.ask(question, mutate);
      report.add(outcome);
      if (outcome.late === 'DuckDB') print(`seed ${question.seed} (${question.kind}): ${outcome.reason}`);
      if (outcome.difference === undefined || !counts(outcome.difference)) continue;
      const exception = exceptionFor(outcome.difference);
      if (exception !== undefined) {
        report.coverage.count('exceptions', exception);
        continue;
      }
      report.differences.push({ question, text: outcome.difference });
      const smaller =
        minimised && outcome.late === undefined
          ? await minimise(world, question, outcome.difference, mutate)
          : question;
      print(
        `seed ${question.seed} (${question.kind}): ${outcome.difference}\n  ${smaller.sql.replaceAll(world.directory, '')}`,
      );
      if (report.differences.length >= differencesMax) return report;
    }
  }
  return report;
}
