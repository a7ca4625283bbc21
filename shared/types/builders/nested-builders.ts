import { isNoName } from '../readers/nested-readers.ts';
import { BadValue, ColumnBuilder } from './column-builder.ts';
import { type BatchParts, firstCapacity, newBuffer } from './growing-column.ts';

/** Lists, and maps as lists of entries: rows of a child between offsets. */
export class ListBuilder extends ColumnBuilder {
  readonly #child: ColumnBuilder;
  readonly #elements: (value: unknown) => Iterable<unknown> | null;
  #offsets = newOffsets(firstCapacity);

  /** @param elements the elements of a value, null for what the column does not take */
  constructor(
    label: string,
    type: string,
    child: ColumnBuilder,
    elements: (value: unknown) => Iterable<unknown> | null,
  ) {
    super(label, type);
    this.#child = child;
    this.#elements = elements;
  }

  get bytes(): number {
    return this.length * 4 + this.#child.bytes;
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull();
      return;
    }
    for (const element of this.#elements(value) ?? this.bad(value)) this.#child.append(element);
    const at = this.next();
    this.#offsets[at + 1] = this.#child.length;
  }

  protected resize(capacity: number): void {
    const larger = newOffsets(capacity);
    larger.set(this.#offsets);
    this.#offsets = larger;
  }

  protected override fillNull(at: number): void {
    this.#offsets[at + 1] = this.#child.length;
  }

  protected takeValues(parts: BatchParts): void {
    parts.buffers.push(new Uint8Array(this.#offsets.buffer, 0, 4 * (this.length + 1)));
    this.#offsets = newOffsets(this.capacity);
    this.#child.take(parts);
  }
}

const newOffsets = (capacity: number) => new Int32Array(newBuffer(4 * (capacity + 1)), 0, capacity + 1);

/** The elements of arrays, typed arrays, sets and other iterables, text excepted. */
export function elementsOf(value: unknown): Iterable<unknown> | null {
  return typeof value === 'object' && value !== null && Symbol.iterator in value ? (value as Iterable<unknown>) : null;
}

/** The entries of a `Map`, as rows of a map's child. */
export function entriesOf(value: unknown): Iterable<unknown> | null {
  return value instanceof Map ? value.entries().map(([key, item]) => ({ key, value: item })) : null;
}

/** Arrays of one length. */
export class FixedListBuilder extends ColumnBuilder {
  readonly #child: ColumnBuilder;
  readonly #size: number;

  constructor(label: string, type: string, child: ColumnBuilder, size: number) {
    super(label, type);
    this.#child = child;
    this.#size = size;
  }

  get bytes(): number {
    return this.#child.bytes;
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull();
      return;
    }
    const elements = [...(elementsOf(value) ?? this.bad(value))];
    if (elements.length !== this.#size) this.bad(value);
    for (const element of elements) this.#child.append(element);
    this.next();
  }

  protected resize(): void {}

  protected override fillNull(): void {
    for (let i = 0; i < this.#size; i++) this.#child.appendNull();
  }

  protected takeValues(parts: BatchParts): void {
    this.#child.take(parts);
  }
}

/** Objects with exactly the fields of the type; arrays where the fields have no names. */
export class StructBuilder extends ColumnBuilder {
  readonly #names: readonly string[];
  readonly #children: readonly ColumnBuilder[];

  constructor(label: string, type: string, names: readonly string[], children: readonly ColumnBuilder[]) {
    super(label, type);
    this.#names = names;
    this.#children = children;
  }

  get bytes(): number {
    return this.#children.reduce((sum, child) => sum + child.bytes, 0);
  }

  append(value: unknown): void {
    if (value === null || value === undefined) {
      this.appendNull();
      return;
    }
    if (typeof value !== 'object') this.bad(value);
    if (Array.isArray(value)) {
      this.#appendAll(value);
      return;
    }
    const given = value as Readonly<Record<string, unknown>>;
    this.#names.forEach((name, i) => {
      if (given[name] === undefined && !(name in given)) this.bad(value);
      this.#children[i]?.append(given[name]);
    });
    const extra = Object.keys(given).find((name) => !this.#names.includes(name));
    if (extra !== undefined)
      throw new BadValue(`${this.label}.${extra}`, `no such field in ${this.type}`, given[extra]);
    this.next();
  }

  #appendAll(values: readonly unknown[]): void {
    const isUnnamed = this.#names.every(isNoName);
    if (!isUnnamed || values.length !== this.#children.length) this.bad(values);
    for (const [i, child] of this.#children.entries()) child.append(values[i]);
    this.next();
  }

  protected resize(): void {}

  protected override fillNull(): void {
    for (const child of this.#children) child.appendNull();
  }

  protected takeValues(parts: BatchParts): void {
    for (const child of this.#children) child.take(parts);
  }
}
