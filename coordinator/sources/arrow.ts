import { closeSync, openSync, readSync } from 'node:fs';
import { type Schema as ArrowSchema, Message, MessageHeader } from 'apache-arrow';
import { Footer } from 'apache-arrow/ipc/metadata/file';
import { SheafError } from '../../shared/errors.ts';
import type { Schema } from '../../shared/schema.ts';
import type { FileRef } from '../../shared/stage/split.ts';
import { duckdbType } from '../../shared/types/duckdb-type.ts';
import type { SourceSplit } from '../planner/source.ts';
import type { FileFacts } from './file-facts.ts';
import type { SourceCache } from './source-cache.ts';

interface ArrowFacts {
  readonly schema: Schema;
  readonly batches: readonly { readonly rows: number; readonly bytes: number }[];
}

/** @throws SheafError `FILE_CORRUPT` naming the file, `NOT_SUPPORTED` for types that DuckDB has not */
export function lookIntoArrow(files: readonly FileRef[], cache: SourceCache): FileFacts[] {
  return files.map((file) => {
    const facts = cache.get<ArrowFacts>(file, 'arrow') ?? readMessages(file);
    cache.set(file, 'arrow', facts);
    const splits = facts.batches.map(
      ({ rows, bytes }, i): SourceSplit => ({ split: { kind: 'arrow', file, firstBatch: i, batches: 1 }, rows, bytes }),
    );
    return { file, schema: facts.schema, splits: () => splits };
  });
}

const magic = 'ARROW1';
/** The size of the footer and the magic word, which end an IPC file. */
const trailerBytes = 4 + magic.length;

/** Schema and record batches from the metadata alone: bodies are not read. */
function readMessages(file: FileRef): ArrowFacts {
  const descriptor = openSync(file.path, 'r');
  try {
    const read: Read = (position, length) => {
      const bytes = Buffer.alloc(Math.max(0, length));
      return position >= 0 && readSync(descriptor, bytes, 0, length, position) === length ? bytes : undefined;
    };
    const isFile = read(0, magic.length)?.toString('latin1') === magic;
    return isFile ? fromFooter(file, read) : fromStream(file, read);
  } finally {
    closeSync(descriptor);
  }
}

type Read = (position: number, length: number) => Buffer | undefined;

/** An IPC file names its schema and the places of its batches at its end. */
function fromFooter(file: FileRef, read: Read): ArrowFacts {
  const trailer = read(file.sizeBytes - trailerBytes, trailerBytes);
  if (trailer?.toString('latin1', 4) !== magic) throw corrupt(file, 'it ends before its footer');
  const length = trailer.readInt32LE(0);
  const bytes = length > 0 ? read(file.sizeBytes - trailerBytes - length, length) : undefined;
  if (bytes === undefined) throw corrupt(file, 'its footer is cut off');
  const footer = decoded(file, () => Footer.decode(new Uint8Array(bytes)));
  const batches = [...footer.recordBatches()].map(({ offset, bodyLength }) => ({
    rows: messageAt(file, offset, read)?.decoded.header().length ?? 0,
    bytes: bodyLength,
  }));
  return { schema: schemaOf(footer.schema), batches };
}

/** A stream has a schema, then dictionaries and batches, one behind the other. */
function fromStream(file: FileRef, read: Read): ArrowFacts {
  let schema: Schema | undefined;
  const batches: { rows: number; bytes: number }[] = [];
  for (let position = 0; position < file.sizeBytes; ) {
    const message = messageAt(file, position, read);
    if (message === undefined) break;
    const { headerType, bodyLength, header } = message.decoded;
    position = message.bodyAt + bodyLength;
    if (position > file.sizeBytes) throw corrupt(file, 'a record batch is cut off');
    if (headerType === MessageHeader.Schema) schema = schemaOf(header() as unknown as ArrowSchema);
    if (headerType === MessageHeader.RecordBatch) batches.push({ rows: Number(header().length), bytes: bodyLength });
  }
  if (schema === undefined) throw corrupt(file, 'it holds no schema');
  return { schema, batches };
}

/** Begins every message. */
const continuation = 0xff_ff_ff_ff;

interface Decoded {
  readonly headerType: MessageHeader;
  readonly bodyLength: number;
  readonly header: () => { readonly length: number };
}

/** The message that starts here; nothing at the end of the stream. */
function messageAt(file: FileRef, position: number, read: Read): { decoded: Decoded; bodyAt: number } | undefined {
  const prefix = read(position, 8);
  if (prefix === undefined || prefix.readUInt32LE(0) !== continuation)
    throw corrupt(file, 'a message has no beginning');
  const length = prefix.readInt32LE(4);
  if (length === 0) return undefined;
  const metadata = length > 0 && length < file.sizeBytes ? read(position + 8, length) : undefined;
  if (metadata === undefined) throw corrupt(file, 'a message is cut off');
  const message = decoded(file, () => Message.decode(new Uint8Array(metadata)));
  const { headerType, bodyLength } = message;
  const header = () => message.header() as unknown as { length: number };
  return { decoded: { headerType, bodyLength: Number(bodyLength), header }, bodyAt: position + 8 + length };
}

function decoded<T>(file: FileRef, decode: () => T): T {
  try {
    return decode();
  } catch (thrown) {
    throw corrupt(file, 'its metadata does not decode', thrown);
  }
}

const schemaOf = ({ fields }: ArrowSchema): Schema =>
  fields.map((field) => ({ name: field.name, type: duckdbType(field) }));

const corrupt = ({ path }: FileRef, what: string, cause?: unknown): SheafError =>
  new SheafError('FILE_CORRUPT', `${path} is not a whole Arrow IPC file or stream: ${what}`, {
    next: 'Check how the file was written, or leave it out.',
    details: { file: path },
    cause,
  });
