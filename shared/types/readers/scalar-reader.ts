import { type ColumnView, emptyView, isNull, typed } from '../column-view.ts';
import { exactDate, exactDay } from '../exact-date.ts';
import type { ValueKind } from '../value-kind.ts';
import { bitText, decimalText, intervalText, timeText, timeTzText, uuidText, wideInteger } from '../value-text.ts';
import { type ArrayType, type Reader, startOf } from './reader.ts';

/** Makes, for a view, the function that reads rows known to be there. */
type Getters = (view: ColumnView) => (row: number) => unknown;

/** Values that are made when they are read. */
export class ScalarReader implements Reader {
  readonly #getters: Getters;
  #view = emptyView;
  #get: (row: number) => unknown = () => null;

  constructor(getters: Getters) {
    this.#getters = getters;
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.#get = this.#getters(view);
  }

  get(row: number): unknown {
    return isNull(this.#view, row) ? null : this.#get(row);
  }
}

/** How values of a kind without children are made; null for every row of what has none. */
export function scalarGetters(value: ValueKind): Getters {
  switch (value.kind) {
    case 'bits':
      return ({ values }) =>
        (row) =>
          ((values[row >> 3] ?? 0) & (1 << (row & 7))) !== 0;
    case 'bool8':
      return ({ values }) =>
        (row) =>
          values[row] !== 0;
    case 'bytes':
      return (view) => (row) => bytesAt(view, row).slice();
    case 'bit':
      return (view) => (row) => bitText(bytesAt(view, row));
    case 'fixedBytes':
      return ({ values }) =>
        (row) =>
          values.slice(row * value.bytes, (row + 1) * value.bytes);
    case 'uuid':
      return ({ values }) =>
        (row) =>
          uuidText(values, row * 16);
    case 'huge':
      return words((at, row) => wideInteger(at, row * 2, 2, value.signed));
    case 'timeTz':
      return words((at, row) => timeTzText(at[row] ?? 0n));
    case 'decimal':
      return decimalGetters(value.bytes, value.scale);
    case 'days':
      return ofArray(Int32Array, exactDay);
    case 'timestamp':
      return ofArray(BigInt64Array, (ticks) => exactDate(ticks, BigInt(value.perSecond)));
    case 'time':
      return value.bytes === 4
        ? ofArray(Int32Array, (ticks) => timeText(ticks, value.perSecond))
        : ofArray(BigInt64Array, (ticks) => timeText(Number(ticks), value.perSecond));
    case 'interval':
      return ({ values }) => intervalGetter(new DataView(values.buffer, values.byteOffset, values.byteLength));
    default:
      return () => () => null;
  }
}

const words =
  (get: (words: BigUint64Array, row: number) => unknown): Getters =>
  ({ values }) => {
    const at = typed(BigUint64Array, values);
    return (row) => get(at, row);
  };

const ofArray =
  <T>(array: ArrayType<T>, read: (value: T) => unknown): Getters =>
  ({ values }) => {
    const all = typed(array, values);
    return (row) => read(all[row] as T);
  };

function decimalGetters(bytes: number, scale: number): Getters {
  if (bytes === 4) return ofArray(Int32Array, (value) => decimalText(BigInt(value), scale));
  return words((at, row) => decimalText(wideInteger(at, (row * bytes) / 8, bytes / 8, true), scale));
}

const intervalGetter = (data: DataView) => (row: number) =>
  intervalText({
    months: data.getInt32(row * 16, true),
    days: data.getInt32(row * 16 + 4, true),
    micros: data.getBigInt64(row * 16 + 8, true) / 1000n,
  });

const bytesAt = (view: ColumnView, row: number): Uint8Array =>
  view.values.subarray(startOf(view, row), startOf(view, row + 1));
