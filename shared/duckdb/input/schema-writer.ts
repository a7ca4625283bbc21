import type { Field } from 'apache-arrow';
import { encodeMetadata, formatOfType } from '../../arrow/c-format.ts';
import { schemaStructBytes, schemaWords } from '../native/arrow-struct.ts';
import { library } from '../native/library.ts';
import { Block, type NumberAddress, setWord } from '../native/memory.ts';

/**
 * A native `ArrowSchema` for DuckDB to read: a struct with one child `row`, a struct of the fields, named by their
 * places (names of a struct must differ). Keep it until it was read.
 */
export class SchemaWriter {
  readonly address: NumberAddress;
  readonly #blocks: Block[] = [];

  constructor(fields: readonly Field[]) {
    const columns = fields.map((field, i) => this.#field(field, `c${i}`));
    const row = this.#struct('+s', 'row', undefined, columns);
    this.address = this.#struct('+s', '', undefined, [row]);
  }

  #field({ type, metadata }: Field, name: string): NumberAddress {
    const children = ((type.children ?? []) as Field[]).map((child) => this.#field(child, child.name ?? ''));
    return this.#struct(formatOfType(type), name, metadata, children);
  }

  #struct(
    format: string,
    name: string,
    metadata: ReadonlyMap<string, string> | undefined,
    children: readonly NumberAddress[],
  ): NumberAddress {
    const block = this.#block(new Uint8Array(schemaStructBytes));
    const words = new Uint32Array(block.bytes.buffer);
    setWord(words, schemaWords.format, this.#block(Buffer.from(`${format}\0`)).address);
    setWord(words, schemaWords.name, this.#block(Buffer.from(`${name}\0`)).address);
    if (metadata !== undefined && metadata.size > 0) {
      setWord(words, schemaWords.metadata, this.#block(encodeMetadata(metadata)).address);
    }
    setWord(words, schemaWords.flags, nullable);
    setWord(words, schemaWords.childCount, children.length);
    setWord(words, schemaWords.children, this.#block(pointers(children)).address);
    setWord(words, schemaWords.release, notReleased);
    return block.address;
  }

  #block(bytes: Uint8Array): Block {
    const block = new Block(bytes.byteLength);
    block.bytes.set(bytes);
    this.#blocks.push(block);
    return block;
  }
}

const nullable = 2;

/** DuckDB only looks whether `release` is there, and does not take schemas over; this one would do no harm. */
const notReleased = Number(library.symbol('duckdb_vector_size'));

function pointers(addresses: readonly NumberAddress[]): Uint8Array {
  const words = new Uint32Array(2 * addresses.length);
  addresses.forEach((address, i) => {
    setWord(words, i, address);
  });
  return new Uint8Array(words.buffer);
}
