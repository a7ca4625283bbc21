/**
 * Applies an ONNX model over batches: tells for each visitor of a web server how much it looks like a robot.
 *
 *     npm install onnxruntime-node                       in the folder where the workers are started
 *     export SHEAF_SECRET_POSTGRES_URL=postgres://…      a database to load
 *     npx sheaf run examples/pipelines/robots.ts
 *
 * The model was trained elsewhere, by examples/data/robots.py. It lies where every worker sees it, and is part of the
 * pipeline's version: after a change, run or schedule the file again.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { accessLog, drop, expect, pipeline, sink, source } from 'sheaf';
import { type Model, withScores } from './robot-scores.ts';
import { visitorColumns, visitorsOf } from './visitor-features.ts';

const { LOGS = 'examples/data/apache_access.log', MODEL = 'examples/data/robots.onnx' } = process.env;
const path = resolve(MODEL);
const model: Model = { path, sha256: createHash('sha256').update(readFileSync(path)).digest('hex') };

export default pipeline('robots', {
  extract: source.files(LOGS, { format: accessLog() }),

  transform: ({ extract }) =>
    visitorsOf(extract).mapBatches(withScores, {
      params: { model },
      schema: { ...visitorColumns, robot: 'float' },
      packages: ['onnxruntime-node'],
    }),

  onReject: drop({ shareMax: 0.001 }),
  validate: [expect.notNull('robot'), expect.between('robot', 0, 1)],

  load: sink.postgres('robots', { mode: 'merge', key: ['host'] }),
});
