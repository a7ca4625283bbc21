import type { Field } from 'apache-arrow';
import { SheafError } from '../../../shared/errors.ts';
import { createReader } from '../../../shared/types/readers/create-reader.ts';
import { type NumberArray, type ValueKind, valueKindOf } from '../../../shared/types/value-kind.ts';
import type { Encoder } from './encoder.ts';
import { jsonText } from './json-text.ts';
import {
  BooleanEncoder,
  FloatEncoder,
  Int64Encoder,
  IntegerEncoder,
  type Numbers,
  UuidEncoder,
} from './number-encoders.ts';
import { NumericEncoder } from './numeric-encoder.ts';
import * as time from './time-encoders.ts';
import { BytesEncoder, ListEncoder, ReaderEncoder } from './variable-encoders.ts';

/**
 * Makes the encoder of a field's values as a type of PostgreSQL.
 *
 * @param type as `postgresTypeOf` gives it, or a wider one of the same kind
 * @throws SheafError `NOT_SUPPORTED` naming the column
 */
export function createEncoder(field: Field, type: string): Encoder {
  const value = valueKindOf(field);
  const base = type.replace(/\(.*\)/, '');
  if (base === 'jsonb' && value.kind !== 'text') return new ReaderEncoder(createReader(field), jsonText, jsonbVersion);
  if (base.endsWith('[]')) return listEncoder(field, base.slice(0, -2), value);
  const encoder = scalarEncoder(value, base);
  if (encoder !== undefined) return encoder;
  if (base === 'text') return new ReaderEncoder(createReader(field), String);
  throw new SheafError('NOT_SUPPORTED', `Column ${field.name} of type ${field.type} cannot be loaded as ${type}`, {
    next: 'Cast it in the transformation.',
  });
}

const jsonbVersion = 1;

function listEncoder(field: Field, element: string, value: ValueKind): Encoder {
  const child: Field | undefined = field.type.children?.[0];
  const oid = elementOids[element];
  if (child === undefined || oid === undefined) {
    throw new SheafError('NOT_SUPPORTED', `Column ${field.name}: no array of ${element} can be loaded`, {
      next: 'Cast the column to a list of another type, or to text.',
    });
  }
  return new ListEncoder(createEncoder(child, element), oid, value.kind === 'fixedList' ? value.size : null);
}

function scalarEncoder(value: ValueKind, type: string): Encoder | undefined {
  switch (value.kind) {
    case 'number':
      return numberEncoder(value.array, type);
    case 'bigint':
      return type === 'numeric' ? new NumericEncoder(8, value.array === 'BigInt64Array', 0) : new Int64Encoder();
    case 'huge':
      return new NumericEncoder(16, value.signed, 0);
    case 'decimal':
      return new NumericEncoder(value.bytes as 4 | 8 | 16, true, value.scale);
    case 'bits':
    case 'bool8':
      return new BooleanEncoder(value.kind === 'bits');
    case 'text':
      return new BytesEncoder(type === 'jsonb' ? jsonbVersion : null);
    case 'bytes':
      return new BytesEncoder();
    case 'uuid':
      return new UuidEncoder();
    case 'days':
      return new time.DateEncoder();
    case 'timestamp':
      return value.perSecond === 1_000_000
        ? new time.TimestampEncoder()
        : new time.ScaledTimestampEncoder(value.perSecond);
    case 'time':
      return value.perSecond === 1_000_000 ? new Int64Encoder() : new time.NanosecondTimeEncoder();
    case 'timeTz':
      return new time.TimeTzEncoder();
    case 'interval':
      return new time.IntervalEncoder();
    default:
      return undefined;
  }
}

function numberEncoder(array: NumberArray, type: string): Encoder | undefined {
  const bytes = widths[type];
  const Floats = floats[array];
  const Integers = integers[array];
  if (Floats !== undefined) return new FloatEncoder(Floats, type === 'real' ? 4 : 8);
  return Integers === undefined || bytes === undefined ? undefined : new IntegerEncoder(Integers, bytes);
}

const widths: Readonly<Record<string, 2 | 4 | 8>> = { smallint: 2, integer: 4, bigint: 8 };
const floats: Partial<Record<NumberArray, Numbers>> = { Float16Array, Float32Array, Float64Array };
const integers: Partial<Record<NumberArray, Numbers>> = {
  ...{ Int8Array, Int16Array, Int32Array, Uint8Array, Uint16Array, Uint32Array },
};

/** Object ids of types, as arrays name their elements'. */
const elementOids: Readonly<Record<string, number>> = {
  ...{ boolean: 16, bytea: 17, bigint: 20, smallint: 21, integer: 23, text: 25, real: 700, 'double precision': 701 },
  ...{ date: 1082, time: 1083, timestamp: 1114, timestamptz: 1184, interval: 1186, timetz: 1266, numeric: 1700 },
  ...{ uuid: 2950, jsonb: 3802 },
};
