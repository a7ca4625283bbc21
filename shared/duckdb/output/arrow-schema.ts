import { Bool, Field, Schema } from 'apache-arrow';
import { decodeMetadata, typeOfFormat } from '../../arrow/c-format.ts';
import { duckdb, releaseAt } from '../native/api.ts';
import { schemaStructBytes, schemaWords } from '../native/arrow-struct.ts';
import { check } from '../native/error-data.ts';
import type { Address } from '../native/library.ts';
import { Block, type NumberAddress, peek, textAt, wordAt } from '../native/memory.ts';
import type { Prepared } from '../prepared.ts';

const nullableFlag = 2;

/** The fields of a native `ArrowSchema` of a struct, names, extension types and all. */
function readSchema(address: NumberAddress): Schema {
  return new Schema(childFields(structAt(address)));
}

const structAt = (address: NumberAddress): Uint32Array => new Uint32Array(peek(address, schemaStructBytes).buffer);

function childFields(words: Uint32Array): Field[] {
  const count = wordAt(words, schemaWords.childCount);
  const pointers = new Uint32Array(peek(wordAt(words, schemaWords.children), 8 * count).buffer);
  return Array.from({ length: count }, (_, i) => readField(wordAt(pointers, i)));
}

function readField(address: NumberAddress): Field {
  const words = structAt(address);
  const name = textAt(wordAt(words, schemaWords.name));
  const nullable = (wordAt(words, schemaWords.flags) & nullableFlag) !== 0;
  const metadata = metadataAt(wordAt(words, schemaWords.metadata));
  // Booleans come as bytes and travel as bits: see `Bits` in column-builder.ts.
  if (metadata.get('ARROW:extension:name') === 'arrow.bool8') return new Field(name, new Bool(), nullable);
  const type = typeOfFormat(textAt(wordAt(words, schemaWords.format)), childFields(words));
  return new Field(name, type, nullable, metadata);
}

const metadataAt = (address: NumberAddress): Map<string, string> =>
  address === 0 ? new Map() : decodeMetadata((from, length) => peek(address + from, length));

/**
 * The Arrow schema in which the rows of a prepared statement come.
 *
 * @throws SheafError `NOT_SUPPORTED` for types that have no form in Arrow
 */
export function schemaOf(arrowOptions: Address, { address }: Prepared): Schema {
  const count = Number(duckdb.preparedColumnCount(address));
  const types = Array.from({ length: count }, (_, i) => duckdb.preparedColumnType(address, i));
  const names = types.map((_, i) => duckdb.preparedColumnName(address, i));
  const out = new Block(schemaStructBytes);
  try {
    check(duckdb.arrowSchema(arrowOptions, BigUint64Array.from(types), names, count, out.address));
  } finally {
    for (const type of types) duckdb.destroyType([type]);
  }
  const schema = readSchema(out.address);
  releaseAt(wordAt(new Uint32Array(out.bytes.buffer), schemaWords.release))(out.address);
  return schema;
}
