import type { Committed, PrepareContext, SinkConnector } from '../../../connectors/contract.ts';
import type { CommitOutput } from '../../../pipeline/records/run.ts';
import type { Config } from '../../../shared/config/config.ts';
import { assert } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { Logger } from '../../../shared/log.ts';
import type { LoadOutput } from '../../../shared/plan/nodes/load.ts';
import type { Schema } from '../../../shared/schema.ts';
import type { Secrets } from '../../../shared/secrets.ts';
import type { PreparedSink } from '../decisions/decide.ts';

/** What {@link Sinks} works with. */
export interface SinkParts {
  /** @throws SheafError `CONNECTOR_MISSING` */
  readonly find: (connector: string) => Promise<SinkConnector>;
  readonly secrets: Secrets;
  readonly mustLead: () => void;
  readonly config: Config;
  readonly log: Logger;
}

/** Whose output it is. */
interface RunName {
  readonly run: string;
  readonly pipeline: string;
}

/**
 * What the leader asks of sinks, by the names and options of plans: secrets get their values here and go nowhere else.
 */
export class Sinks {
  readonly #parts: SinkParts;

  constructor(parts: SinkParts) {
    this.#parts = parts;
  }

  /** @throws SheafError of the first sink that cannot take such rows */
  async prepare(
    name: RunName,
    output: LoadOutput,
    schema: Schema | undefined,
    signal: AbortSignal,
  ): Promise<PreparedSink> {
    const { connector, options } = output.sink;
    assert(schema !== undefined, `nobody knows the columns of output ${output.name}`);
    const { sink, parsed } = await this.#sink(connector, options);
    this.#parts.mustLead();
    const context: PrepareContext = { ...this.#context(name, output.name, signal), schema };
    return { name: output.name, connector, options, schema, prepared: await sink.prepare(parsed, context) };
  }

  /** Loads what was decided. Asked again, it changes nothing. @throws SheafError of the sink, `NOT_LEADER` */
  async commit(
    name: RunName,
    { name: output, connector, options, schema, prepared, receipts }: CommitOutput,
    cursors: Readonly<Record<string, Json>>,
    signal: AbortSignal,
  ): Promise<Committed> {
    const { sink, parsed } = await this.#sink(connector, options);
    const { mustLead } = this.#parts;
    mustLead();
    const context = { ...this.#context(name, output, signal), schema, prepared, cursors, mustLead };
    return await sink.commit(parsed, receipts, context);
  }

  /** Removes what the run staged and did not commit. */
  async clean(name: RunName, { name: output, sink: { connector, options } }: LoadOutput, signal: AbortSignal) {
    const { sink, parsed } = await this.#sink(connector, options);
    this.#parts.mustLead();
    await sink.clean(parsed, this.#context(name, output, signal));
  }

  async #sink(connector: string, options: Json): Promise<{ sink: SinkConnector; parsed: unknown }> {
    const { find, secrets } = this.#parts;
    const sink = await find(connector);
    return { sink, parsed: sink.parse(secrets.resolve(options)) };
  }

  #context({ run, pipeline }: RunName, output: string, signal: AbortSignal) {
    const { config, log } = this.#parts;
    return { run, pipeline, output, config, log: log.child({ run, output }), signal };
  }
}

/** Outputs that a sink writes: what the plan only collects is in the receipts. */
export const written = (outputs: readonly LoadOutput[]): LoadOutput[] =>
  outputs.filter(({ sink }) => sink.connector !== 'collect');
