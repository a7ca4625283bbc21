import { typeKey } from '../../arrow/fields.ts';
import { assert, SheafError } from '../../errors.ts';
import { quotedName } from '../../sql/text.ts';
import { aggregateState } from '../logical-type.ts';
import type { Address } from '../native/library.ts';
import { BoundInput } from './bound-input.ts';
import type { Input } from './input.ts';
import { inputFunction, registerInputFunction } from './table-function.ts';

/** What inputs need of their connection. */
export interface InputConnection {
  readonly address: Address;
  /** Names of inputs that are bound on it. Absent until the table function was registered. */
  inputNames?: Set<string>;
  execute(sql: string): void;
}

/** Inputs as temporary views of a connection, until disposed of. */
export class BoundInputs implements Disposable {
  readonly #scope: DisposableStack;
  readonly #inputs: readonly BoundInput[];

  /** @throws SheafError `NOT_SUPPORTED` for Arrow types that DuckDB does not take */
  constructor(connection: InputConnection, inputs: Readonly<Record<string, Input>>, heldBytesMax: number) {
    using scope = new DisposableStack();
    const entries = Object.entries(inputs);
    if (entries.length > 0 && connection.inputNames === undefined) {
      registerInputFunction(connection.address);
      connection.inputNames = new Set();
    }
    this.#inputs = entries.map(([name, input]) => {
      const bound = scope.use(new BoundInput(connection.address, input, heldBytesMax));
      scope.use(view(connection, name, bound));
      return bound;
    });
    this.#scope = scope.move();
  }

  /** What a callback threw, in place of the error that DuckDB made of it. */
  original(thrown: unknown): unknown {
    const errors = this.#inputs.flatMap((input) => input.takeError() ?? []);
    return errors[0] ?? thrown;
  }

  /** Runs what may call back. */
  guard<T>(act: () => T): T {
    try {
      return act();
    } catch (thrown) {
      throw this.original(thrown);
    }
  }

  [Symbol.dispose](): void {
    this.#scope.dispose();
  }
}

function view(connection: InputConnection, name: string, input: BoundInput): Disposable {
  const key = name.toLowerCase();
  const names = connection.inputNames ?? new Set();
  assert(!names.has(key), `no other open query of the connection reads an input named ${name}`);
  const columns = input.fields.map((_, i) => `c${i}`);
  const values = input.fields.map(
    (field, i) => `${castBack(`c${i}`, field.metadata.get(typeKey))} AS ${quotedName(field.name)}`,
  );
  connection.execute(
    `CREATE OR REPLACE TEMP VIEW ${quotedName(name)} AS
     SELECT ${values.join(', ')} FROM ${inputFunction}(${input.id}) AS t(${columns.join(', ')})`,
  );
  names.add(key);
  return {
    [Symbol.dispose]() {
      names.delete(key);
      drop(connection, name);
    },
  };
}

/** An interrupt that was meant for the query may meet this statement: then the view stays until one of its name comes. */
function drop(connection: InputConnection, name: string): void {
  try {
    connection.execute(`DROP VIEW IF EXISTS temp.${quotedName(name)}`);
  } catch (thrown) {
    if (SheafError.from(thrown).code !== 'CANCELLED') throw thrown;
  }
}

/** States have no way back: they stay the BLOB as which they travel. */
const castBack = (column: string, type: string | undefined): string =>
  type === undefined || type.includes(aggregateState) ? column : `CAST(${column} AS ${type})`;
