import { DataType, type Field } from 'apache-arrow';
import { SheafError } from '../../errors.ts';
import { valueKindOf } from '../value-kind.ts';
import { bitFromText } from '../value-text.ts';
import type { ColumnBuilder } from './column-builder.ts';
import { BitsBuilder, FixedBuilder, fixedEncoder, NullBuilder } from './fixed-builder.ts';
import { elementsOf, entriesOf, FixedListBuilder, ListBuilder, StructBuilder } from './nested-builders.ts';
import { createPlainBuilder } from './number-builder.ts';
import { BytesBuilder, TextBuilder } from './text-builder.ts';

/**
 * A builder for a field's column from JavaScript values, the inverse of `createReader`.
 *
 * @param type the column's type in DuckDB's words, for messages
 * @throws SheafError `NOT_SUPPORTED` for types that have no such value, by name
 */
export function createBuilder(field: Field, label: string, type: string): ColumnBuilder {
  const value = valueKindOf(field);
  switch (value.kind) {
    case 'number':
    case 'bigint':
      return createPlainBuilder(label, type, value.array);
    case 'null':
      return new NullBuilder(label, type);
    case 'bits':
      return new BitsBuilder(label, type);
    case 'text':
      return new TextBuilder(label, type, DataType.isLargeUtf8(field.type));
    case 'bytes':
      return new BytesBuilder(label, type, DataType.isLargeBinary(field.type), binary);
    case 'bit':
      return new BytesBuilder(label, type, DataType.isLargeBinary(field.type), bits);
    case 'list':
      if (DataType.isLargeList(field.type)) throw notSupported(field, label);
      return new ListBuilder(label, type, child(field, 0, `${label}[]`), elementsOf);
    case 'fixedList':
      return new FixedListBuilder(label, type, child(field, 0, `${label}[]`), value.size);
    case 'map':
      return new ListBuilder(label, type, entries(field, label, type), entriesOf);
    case 'struct':
      return struct(field, label, type);
    default:
      return fixedBuilder(field, label, type);
  }
}

const binary = (value: unknown): Uint8Array | null => (value instanceof Uint8Array ? value : null);
const bits = (value: unknown): Uint8Array | null => (typeof value === 'string' ? bitFromText(value) : null);

function fixedBuilder(field: Field, label: string, type: string): ColumnBuilder {
  const encoder = fixedEncoder(valueKindOf(field));
  if (encoder === null) throw notSupported(field, label);
  return new FixedBuilder(label, type, encoder.width, encoder.encode);
}

const notSupported = ({ type }: Field, label: string): SheafError =>
  new SheafError('NOT_SUPPORTED', `Column ${label} of type ${type} cannot be made from JavaScript values`, {
    next: 'Declare it as VARCHAR, and cast it in SQL after the function.',
  });

function child({ type }: Field, index: number, label: string): ColumnBuilder {
  const field: Field | undefined = type.children[index];
  if (field === undefined)
    throw new SheafError('NOT_SUPPORTED', `Arrow type ${type} comes without its child`, {
      next: 'Check the schema: a list, a map or a struct names the types within.',
    });
  return createBuilder(field, label, String(field.type));
}

function struct(field: Field, label: string, type: string): StructBuilder {
  const fields: Field[] = field.type.children;
  const children = fields.map((inner) => createBuilder(inner, `${label}.${inner.name}`, String(inner.type)));
  return new StructBuilder(
    label,
    type,
    fields.map(({ name }) => name),
    children,
  );
}

/** A map's child is a struct of two, whatever the names of its fields. */
function entries({ type }: Field, label: string, text: string): StructBuilder {
  const sides: Field[] = type.children[0]?.type.children ?? [];
  const children = sides.map((side, i) =>
    createBuilder(side, `${label}.${i === 0 ? 'key' : 'value'}`, String(side.type)),
  );
  return new StructBuilder(label, text, ['key', 'value'], children);
}
