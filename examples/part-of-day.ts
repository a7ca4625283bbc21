import { type Data, makeData, RecordBatch, Utf8 } from 'apache-arrow';

/** A quarter of the day each. */
const parts = ['night', 'morning', 'afternoon', 'evening'].map((name) => new TextEncoder().encode(name));
const quarterMicroseconds = 6 * 3_600_000_000;

/** Runs on the workers, over Arrow's own buffers: it makes no object for a row. */
export function withPartOfDay(batch: RecordBatch): RecordBatch {
  return new RecordBatch({
    origin: column(batch, 'origin'),
    destination: column(batch, 'destination'),
    delay: column(batch, 'delay'),
    part_of_day: partsOfDay(column(batch, 'date').values),
  });
}

/** @param times in microseconds since 1970, at the airport */
function partsOfDay(times: BigInt64Array): Data<Utf8> {
  const offsets = new Int32Array(times.length + 1);
  const bytes = new Uint8Array(times.length * 'afternoon'.length);
  let end = 0;
  for (let row = 0; row < times.length; row += 1) {
    const part = parts[Math.floor(Number(times[row]) / quarterMicroseconds) & 3] as Uint8Array;
    for (let at = 0; at < part.length; at += 1) bytes[end++] = part[at] as number;
    offsets[row + 1] = end;
  }
  return makeData({ type: new Utf8(), length: times.length, valueOffsets: offsets, data: bytes.subarray(0, end) });
}

function column(batch: RecordBatch, name: string): Data {
  const data = batch.getChild(name)?.data[0];
  if (data === undefined) throw new Error(`The batch has no column ${name}`);
  return data;
}
