import { z } from 'zod';
import { SheafError } from '../../shared/errors.ts';
import { node, rowOrKeyRules } from '../../shared/plan/validate.ts';
import type { PipelineDocument } from './document.ts';
import type { RunRequest } from './run-request.ts';
import type { BackfillRequest } from './schedule.ts';

/** Documents and requests come from other processes: nothing of them is believed before it has its shape. */

const json = z.json();
const pipelineName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,62}$/, 'is no name of a pipeline');
const name = z.string().min(1).max(200);
const version = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in hex');
const natural = z.number().int().nonnegative();

const rule = z.discriminatedUnion('kind', [
  ...rowOrKeyRules,
  z.strictObject({ name, kind: z.literal('rowCount'), min: natural.optional(), max: natural.optional() }),
  z.strictObject({ name, kind: z.literal('freshness'), column: z.string(), maxAgeMs: z.number().nonnegative() }),
  z.strictObject({ name, kind: z.literal('dataset'), sql: z.string() }),
]);

const source = z.strictObject({
  node,
  incremental: z.boolean(),
  cursorColumn: z.string().optional(),
});

const output = z.strictObject({
  name,
  plan: node,
  rules: z.array(rule),
  sink: z.strictObject({ connector: name, options: json, single: z.boolean() }),
});

const document = z.strictObject({
  name: pipelineName,
  version,
  schedule: z
    .strictObject({
      cron: z.string(),
      timeZone: z.string(),
      overlap: z.enum(['skip', 'queue', 'cancel']),
      catchUp: z.enum(['none', 'last', 'all']),
    })
    .optional(),
  params: z.record(z.string(), z.strictObject({ type: z.string(), value: json.optional() })),
  sources: z.record(name, source),
  outputs: z.array(output).min(1),
  onReject: z.strictObject({
    action: z.enum(['fail', 'warn', 'drop', 'quarantine']),
    path: z.string().optional(),
    rowsMax: natural.optional(),
    shareMax: z.number().min(0).max(1).optional(),
  }),
  onFailure: z.strictObject({ url: json }).optional(),
  retry: z.strictObject({ attempts: z.number().int().min(1), firstDelayMs: natural, delayMsMax: natural }),
});

const request = z.strictObject({
  pipeline: pipelineName,
  version: version.optional(),
  cause: z.enum(['manual', 'schedule', 'backfill', 'replay']),
  params: z.record(z.string(), json).optional(),
  interval: z.strictObject({ startMs: z.number().int(), endMs: z.number().int() }).optional(),
  replayOf: name.optional(),
  id: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,40}$/, 'is no id of a run')
    .optional(),
});

/** @throws SheafError `PIPELINE_INVALID` naming the place in the document */
export const parseDocument = (text: string): PipelineDocument =>
  parsed<PipelineDocument>(document, text, 'The document of the pipeline');

const backfill = z.strictObject({
  pipeline: pipelineName,
  from: z.string().max(40),
  to: z.string().max(40),
  again: z.boolean(),
});

/** @throws SheafError `PIPELINE_INVALID` */
export const parseBackfillRequest = (text: string): BackfillRequest =>
  parsed<BackfillRequest>(backfill, text, 'The request of a backfill');

/** @throws SheafError `PIPELINE_INVALID` */
export const parseRunRequest = (text: string): RunRequest => parsed<RunRequest>(request, text, 'The request of a run');

/** As it was given, in its own order: a document's version is the hash of its text. */
function parsed<Shape>(shape: z.ZodType, text: string, what: string): Shape {
  const data = parseJson(text, what);
  const { success, error } = shape.safeParse(data);
  if (success) return data as Shape;
  const [issue] = error.issues;
  throw invalid(`${what} is not one: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`${what} is not JSON`, cause);
  }
}

const invalid = (message: string, cause?: unknown): SheafError =>
  new SheafError('PIPELINE_INVALID', message, {
    cause,
    next: 'Submit it with the client library of the same version.',
  });
