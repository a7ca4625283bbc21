import { z } from 'zod';
import { SheafError } from '../errors.ts';
import type { Schema } from '../schema.ts';
import type { PlanNode } from './node.ts';
import { node } from './validate.ts';

/** A name that SQL may read: files, or a question that is asked anew each time. */
export interface CatalogEntry {
  readonly name: string;
  readonly kind: CatalogKind;
  /** Of a table, the scan of its files: their places, format and options. */
  readonly plan: PlanNode;
  /** Columns when it was made. A table's files are read as these. */
  readonly schema: Schema;
  readonly createdMs: number;
  /** Unique to the call that made it. */
  readonly key: string;
}

/** What a name of the catalog stands for. */
export type CatalogKind = 'table' | 'view';

/** What a client asks for. */
export interface CatalogPut {
  readonly name: string;
  readonly kind: CatalogKind;
  readonly plan: PlanNode;
  /** In place of what has this name now; else that is an error. */
  readonly replace: boolean;
  /** Told twice, because an answer was lost, it is made once. */
  readonly key: string;
}

/** Only the entry that the client saw is dropped: told twice, it drops no later one of the name. */
export interface CatalogDrop {
  readonly name: string;
  readonly key: string;
}

const key = z.string().min(16).max(64);
/** Words, as in SQL, also with spaces and dashes: no name of a file. */
const name = z
  .string()
  .max(128)
  .regex(/^[\p{L}_][\p{L}\p{N}_ -]*$/u, 'is not a name: it takes letters, digits, _, - and spaces');
const put = z.strictObject({ name, kind: z.enum(['table', 'view']), plan: node, replace: z.boolean(), key });
const drop = z.strictObject({ name: z.string(), key });

/** @throws SheafError `PLAN_INVALID` */
export const parseCatalogPut = (json: string): CatalogPut => parse(put, json) as CatalogPut;

/** @throws SheafError `PLAN_INVALID` */
export const parseCatalogDrop = (json: string): CatalogDrop => parse(drop, json) as CatalogDrop;

/** @throws SheafError `PLAN_INVALID` if nothing can be called so */
export const checkCatalogName = (text: string): void => void check(z.strictObject({ name }), { name: text });

const parse = (shape: z.ZodType, json: string): unknown => check(shape, JSON.parse(json));

function check(shape: z.ZodType, given: unknown): unknown {
  const { success, data, error } = shape.safeParse(given);
  if (success) return data;
  const [issue] = error.issues;
  throw new SheafError('PLAN_INVALID', `The ${issue?.path.join('.') || 'request'} ${issue?.message}`, {
    next: 'Correct it; the name may be up to 128 characters long.',
  });
}
