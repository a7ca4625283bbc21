/**
 * Applies an ONNX model over batches: tells for each visitor of a web server how much it looks like a robot.
 *
 *     npm install onnxruntime-node                       in the folder where the workers are started
 *     export SHEAF_SECRET_POSTGRES_URL=postgres://…      a database to load
 *     npx sheaf run examples/pipelines/robots.ts
 *
 * The model was trained elsewhere, by examples/data/robots.py; any that takes a batch of features would do.
 */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { accessLog, drop, expect, pipeline, sink, source } from 'sheaf';
import { withScores } from './robot-scores.ts';
import { visitorColumns, visitorsOf } from './visitor-features.ts';

const { LOGS = 'examples/data/apache_access.log', MODEL } = process.env;
/** Workers read it where they run: a path that all of them see. */
const model = MODEL === undefined ? fileURLToPath(new URL('../data/robots.onnx', import.meta.url)) : resolve(MODEL);

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
