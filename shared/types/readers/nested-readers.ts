import { type ColumnView, emptyView, isNull } from '../column-view.ts';
import { type Reader, startOf } from './reader.ts';

/** Lists; with a size, fixed arrays. */
export class ListReader implements Reader {
  readonly #child: Reader;
  readonly #size: number | null;
  #view = emptyView;

  constructor(child: Reader, size: number | null) {
    this.#child = child;
    this.#size = size;
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.#child.bind(view.children[0] ?? emptyView);
  }

  get(row: number): unknown[] | null {
    if (isNull(this.#view, row)) return null;
    const start = this.#size === null ? startOf(this.#view, row) : row * this.#size;
    const end = this.#size === null ? startOf(this.#view, row + 1) : start + this.#size;
    return Array.from({ length: end - start }, (_, i) => this.#child.get(start + i));
  }
}

/** A field without a name: as Arrow's IPC reads it, it has none at all. */
export const isNoName = (name: string | null): boolean => name === '' || name === null;

/** Structs as objects; those whose fields have no names, as `row(1, 2)` makes them, as arrays. */
export class StructReader implements Reader {
  readonly #names: readonly string[];
  readonly #readers: readonly Reader[];
  readonly #isUnnamed: boolean;
  #view = emptyView;

  constructor(names: readonly string[], readers: readonly Reader[]) {
    this.#names = names;
    this.#readers = readers;
    this.#isUnnamed = names.every(isNoName);
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.#readers.forEach((reader, i) => {
      reader.bind(view.children[i] ?? emptyView);
    });
  }

  get(row: number): object | null {
    if (isNull(this.#view, row)) return null;
    if (this.#isUnnamed) return this.#readers.map((reader) => reader.get(row));
    return Object.fromEntries(this.#names.map((name, i) => [name, this.#readers[i]?.get(row)]));
  }
}

/** Maps, as `Map` objects. */
export class MapReader implements Reader {
  readonly #sides: readonly Reader[];
  #view = emptyView;

  /** @param sides readers of the keys and of the values */
  constructor(sides: readonly Reader[]) {
    this.#sides = sides;
  }

  bind(view: ColumnView): void {
    this.#view = view;
    this.#sides.forEach((side, i) => {
      side.bind(view.children[0]?.children[i] ?? emptyView);
    });
  }

  get(row: number): Map<unknown, unknown> | null {
    if (isNull(this.#view, row)) return null;
    const [start, end] = [startOf(this.#view, row), startOf(this.#view, row + 1)];
    const [keys, values] = this.#sides;
    return new Map(Array.from({ length: end - start }, (_, i) => [keys?.get(start + i), values?.get(start + i)]));
  }
}
