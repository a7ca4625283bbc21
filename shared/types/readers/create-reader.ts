import type { Field } from 'apache-arrow';
import { SheafError } from '../../errors.ts';
import { type NumberArray, valueKindOf } from '../value-kind.ts';
import { ListReader, MapReader, StructReader } from './nested-readers.ts';
import { type ArrayType, PlainReader, type Reader } from './reader.ts';
import { ScalarReader, scalarGetters } from './scalar-reader.ts';
import { TextReader } from './text-reader.ts';

/**
 * A reader for the values of a field, by the mapping of `RowOf`.
 *
 * @throws SheafError `NOT_SUPPORTED` for types that have no such value, by name
 */
export function createReader(field: Field): Reader {
  const value = valueKindOf(field);
  switch (value.kind) {
    case 'number':
    case 'bigint':
      return new PlainReader(arrays[value.array]);
    case 'text':
      return new TextReader();
    case 'list':
    case 'fixedList':
      return new ListReader(one(field), value.kind === 'fixedList' ? value.size : null);
    case 'struct':
      return new StructReader(childNames(field), field.type.children.map(createReader));
    case 'map':
      return new MapReader(entryFields(field).map(createReader));
    case 'unsupported':
      throw new SheafError('NOT_SUPPORTED', `Column ${field.name} of type ${field.type} has no JavaScript value`, {
        next: `Cast it to VARCHAR before the function: \`.withColumns({ ${field.name}: '${field.name}::VARCHAR' })\`.`,
      });
    default:
      return new ScalarReader(scalarGetters(value));
  }
}

const childNames = ({ type }: Field): string[] => type.children.map(({ name }: Field) => name);

const entryFields = ({ type }: Field): Field[] => type.children[0]?.type.children ?? [];

function one({ type }: Field): Reader {
  const child: Field | undefined = type.children[0];
  if (child === undefined)
    throw new SheafError('NOT_SUPPORTED', `Arrow type ${type} comes without its child`, {
      next: 'Check the schema: a list, a map or a struct names the types within.',
    });
  return createReader(child);
}

type PlainArray = NumberArray | 'BigInt64Array' | 'BigUint64Array';

const arrays: Readonly<Record<PlainArray, ArrayType<number | bigint>>> = {
  Int8Array,
  Int16Array,
  Int32Array,
  Uint8Array,
  Uint16Array,
  Uint32Array,
  Float16Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
};
