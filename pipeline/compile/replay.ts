import type { PlanNode } from '../../shared/plan/node.ts';
import type { LoadOutput } from '../../shared/plan/nodes/load.ts';
import type { Column, Schema } from '../../shared/schema.ts';
import { quotedName } from '../../shared/sql/text.ts';
import { quoteText } from '../../shared/sql/value.ts';
import type { Compile, CompiledRun, CompileInput } from '../compiled.ts';
import { quarantineSchema } from '../document.ts';
import { quarantineOptions } from './quarantine.ts';
import { listed, sql } from './sql-node.ts';

export interface ReplayInput extends CompileInput {
  /** Where the rejected rows of the earlier run lie: as its document's quarantine says. */
  readonly path: string;
  readonly of: string;
  /** Columns of each output when they were rejected. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

/**
 * The plan that loads the rejected rows of an earlier run. Pure. Rows that a rule rejected come to the rules as they are now;
 * those that are rejected again, and those that could not be read, are kept under the new run.
 */
export function compileReplay(compile: Compile, input: ReplayInput): CompiledRun {
  const { document, of, schemas } = input;
  const { path: folder } = quarantineOptions(input.path, document.name, of) as { readonly path: string };
  const kept = rejectsIn(folder);
  const outputs = document.outputs.flatMap((output) => {
    const schema = schemas[output.name];
    return schema === undefined ? [] : [{ ...output, plan: rejectedRows(output.name, schema, kept) }];
  });
  const compiled = compile({ ...input, document: { ...document, sources: {}, outputs }, cursors: {} });
  if (document.onReject.action !== 'quarantine') return compiled;
  const unread = stillUnread(kept, input);
  return { ...compiled, plan: { ...compiled.plan, outputs: [...compiled.plan.outputs, unread] }, also: [unread.name] };
}

const rejectsIn = (folder: string): PlanNode => ({
  kind: 'step',
  name: 'rejected before',
  input: { kind: 'scan', format: 'parquet', paths: [`${folder}/**/*.parquet`], options: { schema: quarantineSchema } },
});

/** Rows of an output as they were when they came to its rules. */
function rejectedRows(output: string, schema: Schema, kept: PlanNode): PlanNode {
  const columns = schema.map((column) => `${valueIn(column)} AS ${quotedName(column.name)}`);
  const where = `"stage" = 'validate' AND "output" = ${quoteText(output)}`;
  return sql(`SELECT ${columns.join(', ')} FROM kept WHERE ${where}`, { kept });
}

/** A column's value out of the row's JSON: text as it is read, what is nested as JSON. */
function valueIn({ name, type }: Column): string {
  const place = quoteText(`$."${name.replaceAll('"', '\\"')}"`);
  const isNested = /[[(]|^(LIST|MAP|STRUCT|JSON)/i.test(type) && !/^(DECIMAL|NUMERIC|VARCHAR|ENUM)\b/i.test(type);
  return isNested
    ? `CAST(json_extract("row", ${place}) AS ${type})`
    : `CAST(json_extract_string("row", ${place}) AS ${type})`;
}

/** What no source could read stays kept, under the new run. */
function stillUnread(kept: PlanNode, { document, run }: ReplayInput): LoadOutput {
  const others = quarantineSchema.filter(({ name }) => name !== 'run').map(({ name }) => name);
  return {
    name: 'still unread',
    input: sql(`SELECT ${quoteText(run)}::VARCHAR AS "run", ${listed(others)} FROM kept WHERE "stage" = 'extract'`, {
      kept,
    }),
    sink: {
      connector: 'files',
      options: quarantineOptions(document.onReject.path, document.name, run),
      prepared: null,
      single: false,
    },
  };
}
