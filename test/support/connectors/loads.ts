import type {
  Committed,
  PrepareContext,
  SinkBatches,
  SinkConnector,
  SinkContext,
} from '../../../connectors/contract.ts';
import type { Json } from '../../../shared/json.ts';
import type { LoadReceipt } from '../../../shared/plan/nodes/load.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { ConnectorLab } from './connectors.ts';

/** One run of an output through a sink, as the engine would do it: prepare, write in tasks, commit, clean. */
export class Load<Options, Prepared extends Json> {
  readonly context: PrepareContext;
  readonly #sink: SinkConnector<Options, Prepared>;
  readonly #options: Options;
  readonly #lab: ConnectorLab;
  #prepared: Prepared | undefined;
  #attempts = 0;

  constructor(
    sink: SinkConnector<Options, Prepared>,
    options: Options,
    lab: ConnectorLab,
    run: string,
    schema: Schema,
  ) {
    this.#sink = sink;
    this.#options = options;
    this.#lab = lab;
    this.context = { ...lab.context(), run, pipeline: 'tested', output: 'rows', schema };
  }

  async prepare(): Promise<Prepared> {
    this.#prepared = await this.#sink.prepare(this.#options, this.context);
    return this.#prepared;
  }

  async write(rows: SinkBatches, { alone = false } = {}): Promise<LoadReceipt> {
    const prepared = this.#prepared ?? (await this.prepare());
    const attempt = `attempt-${this.#attempts++}`;
    const context = { ...this.context, prepared, attempt, alone, directory: this.#lab.folder };
    return this.#sink.write(this.#options, rows, context);
  }

  async commit(
    receipts: readonly LoadReceipt[],
    cursors: Readonly<Record<string, Json>> = {},
    mustLead = () => {},
  ): Promise<Committed> {
    const prepared = this.#prepared ?? (await this.prepare());
    return this.#sink.commit(this.#options, receipts, { ...this.context, prepared, cursors, mustLead });
  }

  clean(context: SinkContext = this.context): Promise<void> {
    return this.#sink.clean(this.#options, context);
  }
}
