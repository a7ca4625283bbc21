import { type Data, Float32, makeData, RecordBatch } from 'apache-arrow';
import type { InferenceSession } from 'onnxruntime-node';
import { features } from './visitor-features.ts';

/** Each thread opens the model once, with its first batch. */
let opened: Promise<InferenceSession> | undefined;

/** Tasks take one core each: so does the model. */
async function open(model: string): Promise<InferenceSession> {
  const { InferenceSession } = await import('onnxruntime-node');
  return InferenceSession.create(model, { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

/** The batch with a column more: how much each visitor looks like a robot, from 0 to 1. */
export async function withScores(batch: RecordBatch, { model }: { readonly model: string }): Promise<RecordBatch> {
  opened ??= open(model);
  const session = await opened;
  const { Tensor } = await import('onnxruntime-node');
  const { robot } = await session.run({
    features: new Tensor('float32', matrix(batch), [batch.numRows, features.length]),
  });
  if (robot === undefined) throw new Error(`${model} has no output called robot`);
  const columns = batch.schema.fields.map(({ name }) => [name, column(batch, name)]);
  const scores = makeData({ type: new Float32(), length: batch.numRows, data: robot.data });
  return new RecordBatch({ ...Object.fromEntries(columns), robot: scores });
}

/** The features of all rows, row by row, as the model takes them. */
function matrix(batch: RecordBatch): Float32Array {
  const values = new Float32Array(batch.numRows * features.length);
  for (const [at, name] of features.entries()) {
    const from: Float64Array = column(batch, name).values;
    for (let row = 0; row < batch.numRows; row += 1) values[row * features.length + at] = from[row] ?? Number.NaN;
  }
  return values;
}

function column(batch: RecordBatch, name: string): Data {
  const data = batch.getChild(name)?.data[0];
  if (data === undefined) throw new Error(`The batch has no column ${name}`);
  return data;
}
