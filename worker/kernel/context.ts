import type { ConnectorServices } from '../connectors/services.ts';
import type { AttemptWatch } from '../pool/cancellation.ts';
import type { PoolTask, ThreadData } from '../pool/protocol.ts';
import type { TaskInputs } from './task-inputs.ts';

/** What the parts of a running attempt share. */
export interface TaskContext {
  readonly task: PoolTask;
  readonly thread: ThreadData;
  readonly inputs: TaskInputs;
  /** Closes connections, queries and files when the attempt ends, the last opened first. */
  readonly scope: AsyncDisposableStack;
  /** Where a cancel finds the attempt's connections and its user code. */
  readonly watch: AttemptWatch;
  /** What sources and sinks are given; only where the task has any. */
  readonly services: ConnectorServices | undefined;
}
