import { z } from 'zod';
import { SheafError } from '../errors.ts';
import type { Json } from '../json.ts';
import type { JobRequest } from './job.ts';
import type { PlanNode } from './node.ts';

/** Plans come from other processes: nothing of them is believed before it has the shape of `PlanNode`. */

const column = z.strictObject({ name: z.string(), type: z.string() });
const schema = z.array(column);
const named = z.strictObject({ name: z.string(), sql: z.string() });
const format = z.enum(['parquet', 'csv', 'ndjson', 'arrow']);
const absolutePath = z.string().regex(/^(\/|[A-Za-z]:[\\/]|s3:\/\/[^/])/, 'is not an absolute path');
const secret = z.strictObject({ $secret: z.string() }, 'is a secret: { $secret: name } stands for it');
const objectStorage = z.strictObject({
  endpoint: z.string().optional(),
  region: z.string().optional(),
  accessKeyId: secret.optional(),
  secretAccessKey: secret.optional(),
  sessionToken: secret.optional(),
  pathStyle: z.boolean().optional(),
});
const bundle = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string(),
  params: z.unknown().optional(),
  async: z.boolean(),
});
const sqlFunction = z.strictObject({
  name: z.string().regex(/^[A-Za-z_]\w*$/, 'is not the name of a function'),
  kind: z.enum(['rows', 'batches', 'aggregate']),
  args: schema,
  returns: z.string(),
  function: bundle,
  deterministic: z.boolean(),
});
const scanOptions = z.strictObject({
  schema: schema.optional(),
  unionByName: z.boolean().optional(),
  multiline: z.boolean().optional(),
  delimiter: z.string().optional(),
  quote: z.string().optional(),
  escape: z.string().optional(),
  header: z.boolean().optional(),
  nullText: z.string().optional(),
  reader: z.record(z.string(), z.json()).optional(),
  s3: objectStorage.optional(),
});
const joinCondition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('using'), columns: z.array(z.string()).min(1) }),
  z.strictObject({ kind: z.literal('condition'), sql: z.string() }),
]);

const json: z.ZodType<Json> = z.json() as unknown as z.ZodType<Json>;
const name = z.string().min(1).max(200);

/** Any node of a plan: nodes nest, so the schema refers to itself. */
export const node: z.ZodType<PlanNode> = z.lazy(() => nodes) as unknown as z.ZodType<PlanNode>;

const output = z.strictObject({
  name,
  input: node,
  sink: z.strictObject({ connector: name, options: json, prepared: json, single: z.boolean() }),
});

const columns = z.array(z.string().min(1)).min(1);
/** Of `judge`, and of pipelines' documents. */
export const rowOrKeyRules = [
  z.strictObject({
    kind: z.literal('row'),
    name,
    sql: z.string(),
    columns: z.array(z.string()),
    complaint: z.string(),
  }),
  z.strictObject({ kind: z.literal('function'), name, function: sqlFunction }),
  z.strictObject({ kind: z.literal('unique'), name, columns }),
  z.strictObject({ kind: z.literal('foreignKey'), name, columns, plan: node, references: columns }),
] as const;
const rule = z.discriminatedUnion('kind', rowOrKeyRules);

const nodes = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('scan'),
    format,
    paths: z.array(absolutePath).min(1),
    options: scanOptions,
    since: json.optional(),
  }),
  z.strictObject({ kind: z.literal('dataset'), id: z.string(), schema }),
  z.strictObject({ kind: z.literal('filter'), input: node, predicate: z.string() }),
  z.strictObject({ kind: z.literal('project'), input: node, columns: z.array(named).min(1) }),
  z.strictObject({ kind: z.literal('extend'), input: node, columns: z.array(named) }),
  z.strictObject({
    kind: z.literal('call'),
    input: node,
    mode: z.enum(['mapBatches', 'map', 'flatMap', 'filter']),
    function: bundle,
    schema: schema.optional(),
    deterministic: z.boolean(),
  }),
  z.strictObject({
    kind: z.literal('aggregate'),
    input: node,
    keys: z.array(named),
    aggregates: z.array(named),
    sets: z.array(z.array(z.number().int().nonnegative())).optional(),
  }),
  z.strictObject({
    kind: z.literal('join'),
    type: z.enum(['inner', 'left', 'right', 'full', 'semi', 'anti', 'asof', 'asofLeft']),
    left: node,
    right: node,
    on: joinCondition,
  }),
  z.strictObject({ kind: z.literal('sort'), input: node, keys: z.array(z.string()).min(1) }),
  z.strictObject({
    kind: z.literal('limit'),
    input: node,
    limit: z.number().int().nonnegative().nullable(),
    offset: z.number().int().nonnegative(),
  }),
  z.strictObject({ kind: z.literal('distinct'), input: node }),
  z.strictObject({ kind: z.literal('window'), input: node, columns: z.array(named).min(1) }),
  z.strictObject({ kind: z.literal('union'), inputs: z.array(node).min(1), byName: z.literal(true).optional() }),
  z.strictObject({
    kind: z.literal('repartition'),
    input: node,
    partitions: z.number().int().positive(),
    keys: z.array(z.string()),
  }),
  z.strictObject({
    kind: z.literal('sql'),
    text: z.string(),
    relations: z.array(z.strictObject({ name: z.string(), plan: node })).optional(),
    parameters: z.array(named).optional(),
    functions: z.array(sqlFunction).optional(),
    paths: z.array(z.object({ written: z.string(), absolute: z.string() })).optional(),
    callable: z.array(z.string()).optional(),
  }),
  z.strictObject({
    kind: z.literal('write'),
    input: node,
    format,
    path: absolutePath,
    mode: z.enum(['error', 'overwrite', 'append']),
    options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  }),
  z.strictObject({
    kind: z.literal('extract'),
    connector: name,
    options: json,
    schema: schema.optional(),
    provenance: z.boolean(),
    cursor: json.optional(),
    reread: node.optional(),
  }),
  z.strictObject({ kind: z.literal('step'), name, input: node }),
  z.strictObject({ kind: z.literal('judge'), input: node, rules: z.array(rule) }),
  z.strictObject({ kind: z.literal('load'), run: name, pipeline: name, outputs: z.array(output).min(1) }),
]);

const request = z.strictObject({
  plan: node,
  name: z.string().max(200),
  priority: z.number().int().min(-10).max(10),
  deadlineMs: z.number().positive().optional(),
  key: z.string().min(16).max(64).optional(),
});

/**
 * Reads a job request as it came over the wire.
 *
 * @throws SheafError `PLAN_INVALID` naming the place in the document
 */
export function parseJobRequest(json: string): JobRequest {
  const parsed = request.safeParse(parseJson(json));
  if (parsed.success) return parsed.data as JobRequest;
  const [issue] = parsed.error.issues;
  throw new SheafError(
    'PLAN_INVALID',
    `The job request is not one: ${issue?.path.join('.') || 'it'}: ${issue?.message}`,
    {
      next: 'Submit it with the client library of the same version.',
    },
  );
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new SheafError('PLAN_INVALID', 'The job request is not JSON', {
      cause,
      next: 'Use a client of the version that the coordinator has.',
    });
  }
}
