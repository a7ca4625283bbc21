import { median } from '../stopwatch.ts';

interface Times {
  readonly coldMs: number;
  readonly warmMs: readonly number[];
}

/** What one system did, by query. */
export interface System {
  readonly name: string;
  readonly version: string;
  readonly configuration: unknown;
  /** Of the machine, when it was started. */
  readonly load: string;
  readonly times: Map<string, Times>;
  readonly failures: Map<string, string>;
  readonly notes: Map<string, string>;
}

/** Runs once cold, then so often warm. */
export async function measure(runs: number, run: () => unknown): Promise<Times> {
  const times: number[] = [];
  for (let i = 0; i <= runs; i++) {
    const startedMs = performance.now();
    await run();
    times.push(performance.now() - startedMs);
  }
  const [coldMs = 0, ...warmMs] = times;
  return { coldMs, warmMs };
}

const ways = {
  warm: ({ warmMs }: Times): number => median(warmMs),
  cold: ({ coldMs }: Times): number => coldMs,
} as const;

/** Prints both tables, each system's configuration, and what failed. */
export function show(queries: readonly string[], systems: readonly System[]): void {
  for (const [name, value] of Object.entries(ways)) table(`${name}, ms`, value, queries, systems);
  for (const { name, version, configuration, load } of systems) {
    print(`${name} ${version}, load ${load} when it started: ${JSON.stringify(configuration)}`);
  }
  for (const { name, failures, notes } of systems) {
    for (const [note, asked] of grouped(notes)) print(`${name}, ${asked.join(' ')}: ${note}`);
    for (const [why, asked] of grouped(failures))
      print(`${name}, no right answer to ${asked.join(' ')}: ${why.split('\n')[0]}`);
  }
}

function table(
  title: string,
  value: (times: Times) => number,
  queries: readonly string[],
  systems: readonly System[],
): void {
  row(title, ...systems.map(({ name }) => name));
  const cell = (system: System, query: string): number | undefined => {
    const times = system.times.get(query);
    return times && value(times);
  };
  for (const query of queries) row(query, ...systems.map((system) => cell(system, query)?.toFixed(0) ?? '–'));
  row('total', ...systems.map((system) => sumOf(system, queries, cell).toFixed(0)));
  row('answered', ...systems.map(({ times }) => `${times.size}/${queries.length}`));
  // Over what both answered: like with like.
  for (const base of systems.slice(0, 3)) {
    const ratio = (system: System): string => {
      const both = queries.filter((query) => system.times.has(query) && base.times.has(query));
      if (both.length === 0) return '–';
      return `${(sumOf(system, both, cell) / sumOf(base, both, cell)).toFixed(2)} ×`;
    };
    row(`/ ${base.name}`, ...systems.map(ratio));
  }
}

const sumOf = (
  system: System,
  queries: readonly string[],
  cell: (system: System, query: string) => number | undefined,
): number => queries.reduce((sum, query) => sum + (cell(system, query) ?? 0), 0);

function grouped(texts: ReadonlyMap<string, string>): Map<string, string[]> {
  const queriesOf = new Map<string, string[]>();
  for (const [query, text] of texts) queriesOf.set(text, [...(queriesOf.get(text) ?? []), query]);
  return queriesOf;
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);
const row = (first: string, ...cells: readonly string[]): void =>
  print(first.padEnd(14) + cells.map((cell) => cell.padStart(12)).join(''));
