import type { Column, Schema } from '../schema.ts';
import { duckdbError } from './errors.ts';
import { owned, type TypeText } from './logical-type.ts';
import { duckdb } from './native/api.ts';
import type { Address, Out } from './native/library.ts';

/** A column of a prepared statement, also in the type in which it travels as Arrow. */
export type PreparedColumn = Column & TypeText;

/** A prepared statement in a scope. */
export class Prepared implements Disposable {
  readonly address: Address;

  private constructor(address: Address) {
    this.address = address;
  }

  /** @throws SheafError see `duckdbError` */
  static of(connection: { idle(): Address }, sql: string): Prepared {
    const out: Out = [null];
    const failed = duckdb.prepare(connection.idle(), sql, out) !== 0;
    const address = out[0] ?? 0n;
    if (!failed) return new Prepared(address);
    const message = duckdb.prepareError(address);
    duckdb.destroyPrepare(out);
    throw duckdbError(message ?? 'The statement could not be prepared');
  }

  /** @throws SheafError `NOT_SUPPORTED` for a type that the C API does not describe */
  get wireColumns(): readonly PreparedColumn[] {
    return Array.from({ length: Number(duckdb.preparedColumnCount(this.address)) }, (_, i) => ({
      name: duckdb.preparedColumnName(this.address, i),
      ...owned(duckdb.preparedColumnType(this.address, i)),
    }));
  }

  get columns(): Schema {
    return this.wireColumns.map(({ name, type }) => ({ name, type }));
  }

  [Symbol.dispose](): void {
    duckdb.destroyPrepare([this.address]);
  }
}
