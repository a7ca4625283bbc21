import { Connection } from '../../shared/duckdb/connection.ts';
import { type Input, onceInput } from '../../shared/duckdb/input/input.ts';
import { previousInput } from '../../shared/stage/step.ts';
import type { TaskContext } from './context.ts';
import type { Relation } from './relation.ts';
import { withScans } from './with-scans.ts';

/** A connection of its own, and a step's SQL, which finds its inputs there. */
export interface Stage {
  readonly connection: Connection;
  readonly sql: string;
  readonly inputs: Readonly<Record<string, Input>>;
}

/** Opens a connection with the inputs that the SQL names, and the step before it as `previous`. */
export function prepareSql(sql: string, previous: Relation | undefined, context: TaskContext): Stage {
  const { scope, inputs: all, watch } = context;
  const named = all.namedIn(sql);
  const callsBack = previous !== undefined || named.some(({ kind }) => kind !== 'scan');
  const connection = scope.use(Connection.open(databaseFor(callsBack, context)));
  scope.use(watch.opened(connection.address));
  const inputs: Record<string, Input> = {};
  for (const input of named) if (input.kind === 'batches') inputs[input.name] = input.input;
  if (previous) inputs[previousInput] = onceInput(previous.schema, previous.batches);
  const scans = named.filter((input) => input.kind === 'scan');
  return { connection, sql: withScans(sql, scans), inputs };
}

/** A callback into JavaScript from another thread than this one would wait for ever: what feeds batches is never wide. */
const databaseFor = (callsBack: boolean, { task, thread }: TaskContext): bigint =>
  callsBack ? thread.database : (task.wideDatabase ?? thread.database);

export function querySql(sql: string, previous: Relation | undefined, context: TaskContext): Relation {
  const { connection, inputs, ...prepared } = prepareSql(sql, previous, context);
  const query = context.scope.use(connection.query(prepared.sql, { ...context.thread.config, inputs }));
  return { schema: query.schema, batches: query };
}
