import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { type Data, Float32, makeData, RecordBatch } from 'apache-arrow';
import type { InferenceSession } from 'onnxruntime-node';
import { features } from './visitor-features.ts';

/** A model by its content: all tasks of a run apply the same one, and a new one is never taken for the old. */
export interface Model {
  /** Where every worker sees it. */
  readonly path: string;
  /** In hex. */
  readonly sha256: string;
}

/** Each thread has its own. */
const opened = new Map<string, Promise<InferenceSession>>();

/** A model is opened once, with the first batch; if that fails, with the next one again. */
function sessionOf(model: Model): Promise<InferenceSession> {
  const known = opened.get(model.sha256);
  if (known !== undefined) return known;
  const opening = open(model);
  opened.set(model.sha256, opening);
  opening.catch(() => opened.delete(model.sha256));
  return opening;
}

/** Tasks take one core each: so does the model. */
async function open({ path, sha256 }: Model): Promise<InferenceSession> {
  const content = await readFile(path);
  if (createHash('sha256').update(content).digest('hex') !== sha256) {
    throw new Error(
      `${path} is another model than the pipeline was deployed with: deploy it again, or put that one back`,
    );
  }
  const { InferenceSession } = await import('onnxruntime-node');
  return await InferenceSession.create(content, { intraOpNumThreads: 1, interOpNumThreads: 1 });
}

/** The batch with a column more: how much each visitor looks like a robot, from 0 to 1. */
export async function withScores(batch: RecordBatch, { model }: { readonly model: Model }): Promise<RecordBatch> {
  const session = await sessionOf(model);
  const { Tensor } = await import('onnxruntime-node');
  const { robot } = await session.run({
    features: new Tensor('float32', matrix(batch), [batch.numRows, features.length]),
  });
  if (robot === undefined) throw new Error(`${model.path} has no output called robot`);
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
