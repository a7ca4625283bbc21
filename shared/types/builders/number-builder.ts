import type { NumberArray } from '../value-kind.ts';
import { ColumnBuilder } from './column-builder.ts';
import { type BatchParts, firstCapacity, newBuffer } from './growing-column.ts';

/** The typed arrays of values that are copied as they are. */
export type PlainArray = NumberArray | 'BigInt64Array' | 'BigUint64Array';
type Values = Float64Array<ArrayBuffer>;
type ValuesType = { readonly BYTES_PER_ELEMENT: number; new (buffer: ArrayBuffer): Values };

/** The arrays, and the source of the test that a value of the right JavaScript type fits one. */
const plainTypes = {
  Int8Array: [Int8Array, 'value === value << 24 >> 24'],
  Int16Array: [Int16Array, 'value === value << 16 >> 16'],
  Int32Array: [Int32Array, 'value === (value | 0)'],
  Uint8Array: [Uint8Array, 'value === (value & 255)'],
  Uint16Array: [Uint16Array, 'value === (value & 65535)'],
  Uint32Array: [Uint32Array, 'value === value >>> 0'],
  Float16Array: [Float16Array, 'true'],
  Float32Array: [Float32Array, 'true'],
  Float64Array: [Float64Array, 'true'],
  BigInt64Array: [BigInt64Array, 'value === BigInt.asIntN(64, value)'],
  BigUint64Array: [BigUint64Array, 'value === BigInt.asUintN(64, value)'],
} as const satisfies Record<PlainArray, readonly [unknown, string]>;

/** Columns whose buffer is a typed array of numbers or of bigints. */
export abstract class PlainBuilder extends ColumnBuilder {
  readonly #array: ValuesType;
  readonly #isBig: boolean;
  values: Values;

  constructor(label: string, type: string, array: PlainArray) {
    super(label, type);
    this.#array = plainTypes[array][0] as unknown as ValuesType;
    this.#isBig = array.startsWith('Big');
    this.values = this.#newValues(firstCapacity);
  }

  get bytes(): number {
    return this.length * this.#array.BYTES_PER_ELEMENT;
  }

  /** What is not of the column's own JavaScript type: null, a number for a bigint, a bigint for a number. */
  other(value: unknown): void {
    if (value === null || value === undefined) this.appendNull();
    else if (this.#isBig && typeof value === 'number' && Number.isSafeInteger(value)) this.append(BigInt(value));
    else if (!this.#isBig && typeof value === 'bigint' && BigInt(Number(value)) === value) this.append(Number(value));
    else this.bad(value);
  }

  protected resize(capacity: number): void {
    const larger = this.#newValues(capacity);
    larger.set(this.values);
    this.values = larger;
  }

  /** The buffer was zeroed when it was made. */
  protected takeValues({ buffers }: BatchParts): void {
    buffers.push(new Uint8Array(this.values.buffer, 0, this.bytes));
    this.values = this.#newValues(this.capacity);
  }

  #newValues(capacity: number): Values {
    return new this.#array(newBuffer(capacity * this.#array.BYTES_PER_ELEMENT));
  }
}

type PlainBuilderType = new (label: string, type: string, array: PlainArray) => PlainBuilder;
const types = new Map<PlainArray, PlainBuilderType>();

/**
 * A builder for one kind of array. Each kind has a class of its own text: if they shared a method, V8 would see all
 * kinds of arrays in it, and store every value the slow way.
 */
export function createPlainBuilder(label: string, type: string, array: PlainArray): PlainBuilder {
  let builder = types.get(array);
  if (builder === undefined) {
    builder = makeType(array);
    types.set(array, builder);
  }
  return new builder(label, type, array);
}

function makeType(array: PlainArray): PlainBuilderType {
  const javascriptType = array.startsWith('Big') ? 'bigint' : 'number';
  const text = `return class ${array}Builder extends PlainBuilder {
    append(value) {
      if (typeof value === '${javascriptType}' && ${plainTypes[array][1]}) {
        if (this.length === this.capacity) this.grow();
        this.values[this.length++] = value;
      } else this.other(value);
    }
  }`;
  return new Function('PlainBuilder', text)(PlainBuilder) as PlainBuilderType;
}
