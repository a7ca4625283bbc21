import { threadId } from 'node:worker_threads';
import { SheafError } from '../../errors.ts';
import { duckdb } from '../native/api.ts';
import type { Address } from '../native/library.ts';
import type { NumberAddress } from '../native/memory.ts';
import { callback, callback2, tableFunctions } from '../native/table-function-api.ts';
import { type BoundInput, boundInput } from './bound-input.ts';
import { Scan } from './scan.ts';

/**
 * The table function through which queries of this thread read inputs, by their number. It has a name per thread because
 * the catalog is shared by all threads but callbacks belong to the one that registered them.
 */
export const inputFunction = `sheaf_input_${threadId}`;

const bigintType = 5;

/** Registers the function with the connection's database; again is no harm. */
export function registerInputFunction(connection: Address): void {
  const { bind, init, main } = callbacks();
  const fn = tableFunctions.create();
  const type = tableFunctions.createType(bigintType);
  tableFunctions.setName(fn, inputFunction);
  tableFunctions.addParameter(fn, type);
  tableFunctions.setBind(fn, bind);
  tableFunctions.setInit(fn, init);
  tableFunctions.setMain(fn, main);
  tableFunctions.setProjectionPushdown(fn, true);
  tableFunctions.register(connection, fn); // fails if it is registered already: the callbacks are the same
  duckdb.destroyType([type]);
  tableFunctions.destroy([fn]);
}

interface Callbacks {
  readonly bind: Address;
  readonly init: Address;
  readonly main: Address;
  readonly end: Address;
}

let registered: Callbacks | undefined;

/** One set for the life of the thread: the catalog keeps their addresses. */
function callbacks(): Callbacks {
  registered ??= { bind: callback(bind), init: callback(init), main: callback2(main), end: callback(end) };
  return registered;
}

const scans = new Map<number, Scan>();
let lastScan = 0;

// A throw must not leave a callback: koffi would answer DuckDB as if all were well, and rows would be missing.

function bind(info: NumberAddress): void {
  let input: BoundInput | undefined;
  try {
    input = inputOf(parameter(info));
    input.types.forEach((type, i) => {
      tableFunctions.addColumn(info, `c${i}`, type);
    });
    if (input.rows !== undefined) tableFunctions.setCardinality(info, input.rows, false);
    tableFunctions.setBindData(info, input.id, null);
  } catch (thrown) {
    tableFunctions.bindError(info, input?.fail(thrown) ?? SheafError.from(thrown).message);
  }
}

function init(info: NumberAddress): void {
  let input: BoundInput | undefined;
  try {
    input = inputOf(tableFunctions.bindData(info));
    const count = Number(tableFunctions.columnCount(info));
    const wanted = Array.from({ length: count }, (_, i) => Number(tableFunctions.columnIndex(info, i)));
    scans.set(++lastScan, new Scan(input, wanted));
    tableFunctions.setInitData(info, lastScan, callbacks().end);
  } catch (thrown) {
    tableFunctions.initError(info, input?.fail(thrown) ?? SheafError.from(thrown).message);
  }
}

function main(info: NumberAddress, output: NumberAddress): void {
  const scan = scans.get(tableFunctions.initData(info));
  try {
    if (scan === undefined) throw new SheafError('INTERNAL', 'A scan goes on that has ended');
    scan.next(output);
  } catch (thrown) {
    tableFunctions.mainError(info, scan?.input.fail(thrown) ?? SheafError.from(thrown).message);
  }
}

function end(id: number): void {
  const scan = scans.get(id);
  scans.delete(id);
  try {
    scan?.[Symbol.dispose]();
  } catch (thrown) {
    scan?.input.fail(thrown);
  }
}

function inputOf(id: number): BoundInput {
  const input = boundInput(id);
  if (input !== undefined) return input;
  throw new SheafError('INTERNAL', `Input ${id} is not bound on thread ${threadId}`);
}

function parameter(info: NumberAddress): number {
  const value = tableFunctions.parameter(info, 0);
  try {
    return Number(tableFunctions.int64(value));
  } finally {
    tableFunctions.destroyValue([value]);
  }
}
