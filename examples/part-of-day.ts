import { type Data, makeData, RecordBatch, Utf8 } from 'apache-arrow';

/** Six hours each. */
const parts = ['night', 'morning', 'afternoon', 'evening'].map((name) => new TextEncoder().encode(name));

/** Runs on the workers, over Arrow's own buffers: it makes no object for a row. */
export function withPartOfDay(batch: RecordBatch): RecordBatch {
  return new RecordBatch({
    origin: column(batch, 'origin'),
    destination: column(batch, 'destination'),
    delay: column(batch, 'delay'),
    part_of_day: partsOfDay(column(batch, 'hour').values.subarray(0, batch.numRows)),
  });
}

/** @param hours from 0 to 23 */
function partsOfDay(hours: Int32Array): Data<Utf8> {
  const offsets = new Int32Array(hours.length + 1);
  const text = new Uint8Array(hours.length * 'afternoon'.length);
  let end = 0;
  for (let row = 0; row < hours.length; row += 1) {
    const part = parts[Math.trunc((hours[row] ?? 0) / 6)] ?? new Uint8Array();
    for (let at = 0; at < part.length; at += 1) text[end++] = part[at] ?? 0;
    offsets[row + 1] = end;
  }
  return makeData({ type: new Utf8(), length: hours.length, valueOffsets: offsets, data: text.subarray(0, end) });
}

function column(batch: RecordBatch, name: string): Data {
  const data = batch.getChild(name)?.data[0];
  if (data === undefined) throw new Error(`The batch has no column ${name}`);
  return data;
}
