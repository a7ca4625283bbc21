import { SheafError } from '../../../../shared/errors.ts';
import type { PlanNode } from '../../../../shared/plan/node.ts';
import type { SqlNode, WrittenPath } from '../../../../shared/plan/nodes/sql.ts';
import { nodesOf } from '../../../../shared/plan/walk.ts';
import type { Schema } from '../../../../shared/schema.ts';
import { quotedName, unquotedText } from '../../../../shared/sql/text.ts';
import { spliced } from './errors.ts';

/**
 * The error with the plan's SQL texts as their author wrote them: files named from a working directory, datasets in a
 * template, the caret moved along.
 */
export function asWritten(error: SheafError, plan: PlanNode): SheafError {
  const paths = [...nodesOf(plan)].flatMap((node) => (node.kind === 'sql' ? writtenIn(node) : []));
  if (paths.length === 0) return error;
  const data = error.toData();
  const { sql } = data.details ?? {};
  const details = typeof sql === 'string' ? { details: { ...data.details, sql: restored(sql, paths) } } : {};
  return new SheafError(error.code, shownAsWritten(error.message, paths), { ...data, ...details, cause: error });
}

/**
 * Columns that DuckDB calls by their text: files that a subquery in it reads are named as their author wrote them, as
 * tables and as texts.
 */
export function columnsAsWritten(schema: Schema, paths: readonly WrittenPath[] = []): Schema {
  const all = [...paths, ...paths.map(asTable)];
  return paths.length === 0 ? schema : schema.map(({ name, type }) => ({ name: restored(name, all), type }));
}

/** DuckDB prints a file behind FROM as the name of a table. */
const asTable = ({ written, absolute }: WrittenPath): WrittenPath => ({
  written: quotedName(unquotedText(written)),
  absolute: quotedName(unquotedText(absolute)),
});

/** Nobody wrote the name of a dataset that stands in a template. */
const writtenIn = ({ paths = [], relations = [] }: SqlNode): WrittenPath[] => [
  ...paths,
  ...relations
    .filter(({ name }) => spliced.test(name))
    .map(({ name }) => ({ absolute: quotedName(name), written: `\${dataset}` })),
];

const restored = (text: string, paths: readonly WrittenPath[]): string =>
  paths.reduce((all, { absolute, written }) => all.replaceAll(absolute, written), text);

/** What DuckDB shows of a text, a line of it with a caret below. */
const shownAsWritten = (message: string, paths: readonly WrittenPath[]): string =>
  message.replace(/^(LINE \d+: .*)\n( *)\^$/gm, (_, line: string, indent: string) => {
    const before = restored(line.slice(0, indent.length), paths);
    return `${before}${restored(line.slice(indent.length), paths)}\n${' '.repeat(before.length)}^`;
  });
