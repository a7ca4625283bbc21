import type { PlanNode } from '../../shared/plan/node.ts';
import { provenance } from '../../shared/plan/nodes/extract.ts';
import type { LoadOutput } from '../../shared/plan/nodes/load.ts';
import { nodesOf } from '../../shared/plan/walk.ts';
import type { Column, Schema } from '../../shared/schema.ts';
import { quotedName } from '../../shared/sql/text.ts';
import { quoteText } from '../../shared/sql/value.ts';
import { type OutputDocument, quarantineSchema, type Rule, type SourceDocument } from '../records/document.ts';
import type { Compile, CompiledRun, CompileInput } from './compiled.ts';
import { sourceStepName } from './extracted.ts';
import { mapSteps } from './map-steps.ts';
import { quarantineOptions } from './quarantine.ts';
import { listed, sql } from './sql-node.ts';

/** The output of a replay that holds what it did not read again. */
export const stillUnreadName = 'still unread';

/** Everything that the plan of a replay depends on. */
export interface ReplayInput extends CompileInput {
  /** Where the rejected rows of the earlier run lie: as its document's quarantine says. */
  readonly path: string;
  readonly of: string;
  /** Columns of each output when they were rejected: of outputs that have rejected rows. */
  readonly schemas: Readonly<Record<string, Schema>>;
  /** Sources that have rows which could not be read, and whose connectors can read them again. */
  readonly reread: readonly string[];
}

/**
 * The plan that loads the rejected rows of an earlier run. Pure. Rows that a rule rejected come to the rules as they
 * are now; those that could not be read are read again as their source is described now, and go the whole way. What is
 * rejected again, and what nobody can read again, is kept under the new run.
 */
export function compileReplay(compile: Compile, input: ReplayInput): CompiledRun {
  const { document, of, schemas } = input;
  const { path: folder } = quarantineOptions(input.path, document.name, of) as { readonly path: string };
  const kept = rejectsIn(folder);
  const sources = rereadSources(input, kept);
  const outputs = document.outputs.flatMap((output): OutputDocument[] => {
    const schema = schemas[output.name];
    const plans = [
      ...(schema === undefined ? [] : [rejectedRows(output.name, schema, kept)]),
      ...(sourcesOf(output.plan).some((name) => Object.hasOwn(sources, name)) ? [output.plan] : []),
    ];
    return plans.length === 0
      ? []
      : [{ ...output, plan: { kind: 'union', inputs: plans, byName: true }, rules: output.rules.map(overAllRows) }];
  });
  const compiled = compile({ ...input, document: { ...document, sources, outputs }, cursors: {} });
  if (document.onReject.action !== 'quarantine') return compiled;
  const unread = stillUnread(kept, Object.keys(sources), input);
  return { ...compiled, plan: { ...compiled.plan, outputs: [...compiled.plan.outputs, unread] }, also: [unread.name] };
}

const rejectsIn = (folder: string): PlanNode => ({
  kind: 'step',
  name: 'rejected before',
  input: { kind: 'scan', format: 'parquet', paths: [`${folder}/**/*.parquet`], options: { schema: quarantineSchema } },
});

/**
 * Sources with what they could not read in place of what they have. Rows go their way alone only where no other source
 * meets them: what a join finds, or a union adds, would be of another time, or loaded twice.
 */
function rereadSources({ document, reread }: ReplayInput, kept: PlanNode): Record<string, SourceDocument> {
  const meeting = document.outputs.map(({ plan }) => sourcesOf(plan)).filter((names) => names.length > 1);
  const sources = Object.entries(document.sources).flatMap(([name, source]): [string, SourceDocument][] => {
    const { node } = source;
    if (node.kind !== 'extract' || !reread.includes(name) || meeting.flat().includes(name)) return [];
    const { cursor: _, ...rest } = node;
    const again = { ...rest, reread: unreadRows(name, kept) };
    return [[name, { node: again, incremental: false }]];
  });
  return Object.fromEntries(sources);
}

/** Of a plan of a document: the sources that it reads. */
function sourcesOf(plan: PlanNode): string[] {
  const prefix = sourceStepName('');
  const steps = [...nodesOf(plan)].flatMap((node) => (node.kind === 'step' ? [node.name] : []));
  return [...new Set(steps.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)))];
}

const unreadRows = (source: string, kept: PlanNode): PlanNode =>
  sql(
    `SELECT coalesce("source", '') AS "source", coalesce("position", 0) AS "position", coalesce("row", '') AS "text" FROM kept
     WHERE "stage" = 'extract' AND "output" = ${quoteText(source)}`,
    { kept },
  );

/** Keys are looked for in all of the rows that a rule refers to, not in those that are read again. */
function overAllRows(rule: Rule): Rule {
  if (rule.kind !== 'foreignKey') return rule;
  const prefix = sourceStepName('');
  const plan = mapSteps(rule.plan, (step) =>
    step.name.startsWith(prefix) ? { ...step, name: `all of ${step.name}` } : undefined,
  );
  return { ...rule, plan };
}

/** Rows of an output as they were when they came to its rules, and, for who asks, where each came from. */
function rejectedRows(output: string, schema: Schema, kept: PlanNode): PlanNode {
  const columns = schema.map((column) => `${valueIn(column)} AS ${quotedName(column.name)}`);
  const places = `"source" AS ${provenance.source.name}, "position" AS ${provenance.position.name}`;
  const where = `"stage" = 'validate' AND "output" = ${quoteText(output)}`;
  const placed = sql(`SELECT ${columns.join(', ')}, ${places} FROM kept WHERE ${where}`, { kept });
  return sql(`SELECT ${listed(schema.map(({ name }) => name))} FROM placed`, { placed });
}

/** A column's value out of the row's JSON: text as it is read, what is nested as JSON. */
function valueIn({ name, type }: Column): string {
  const place = quoteText(`$."${name.replaceAll('"', '\\"')}"`);
  const isNested = /[[(]|^(LIST|MAP|STRUCT|JSON)/i.test(type) && !/^(DECIMAL|NUMERIC|VARCHAR|ENUM)\b/i.test(type);
  return isNested
    ? `CAST(json_extract("row", ${place}) AS ${type})`
    : `CAST(json_extract_string("row", ${place}) AS ${type})`;
}

/** What could not be read, and is not read again, stays kept, under the new run. */
function stillUnread(kept: PlanNode, reread: readonly string[], { document, run }: ReplayInput): LoadOutput {
  const others = quarantineSchema.filter(({ name }) => name !== 'run').map(({ name }) => name);
  const isOther = reread.length === 0 ? '' : ` AND "output" NOT IN (${reread.map(quoteText).join(', ')})`;
  const where = `"stage" = 'extract'${isOther}`;
  return {
    name: stillUnreadName,
    input: sql(`SELECT ${quoteText(run)}::VARCHAR AS "run", ${listed(others)} FROM kept WHERE ${where}`, { kept }),
    sink: {
      connector: 'files',
      options: quarantineOptions(document.onReject.path, document.name, run),
      prepared: null,
      single: false,
    },
  };
}
