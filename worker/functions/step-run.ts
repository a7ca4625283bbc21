import { Schema as ArrowSchema } from 'apache-arrow';
import type { Config } from '../../shared/config/config.ts';
import { SheafError } from '../../shared/errors.ts';
import type { FunctionStep } from '../../shared/stage/function-step.ts';
import { toArrowSchema } from '../../shared/types/arrow-schema.ts';
import { fieldNamed, seenSchema } from './arguments.ts';
import type { LoadedFunction } from './load-function.ts';
import { StepErrors } from './step-errors.ts';

/** Limits of function steps. */
export type FunctionConfig = Pick<
  Config,
  'batchRowsMax' | 'batchBytesMax' | 'functionErrorCharsMax' | 'functionGroupsMax'
>;

/** A function step about to run. */
export interface StepRun {
  readonly step: FunctionStep;
  readonly loaded: LoadedFunction;
  readonly inputSchema: ArrowSchema;
  /** What the function sees of it: all, or its arguments. */
  readonly seenSchema: ArrowSchema;
  /** For `filter` the input's. */
  readonly outputSchema: ArrowSchema;
  readonly errors: StepErrors;
  readonly config: FunctionConfig;
}

/** @throws SheafError `COLUMN_UNKNOWN`: a row function would see `undefined` for a column that is not there */
export function prepareRun(
  step: FunctionStep,
  loaded: LoadedFunction,
  inputSchema: ArrowSchema,
  config: FunctionConfig,
): StepRun {
  const seen = seenSchema(step, inputSchema);
  const names = seen.fields.map(({ name }) => name);
  const unknown = seesBatches.has(step.mode) ? undefined : loaded.reads?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new SheafError(
      'COLUMN_UNKNOWN',
      `${loaded.ref.name} reads the column ${unknown}, which its rows do not have`,
      {
        next: `The columns are: ${names.join(', ')}.`,
      },
    );
  }
  const outputSchema = outputOf(step, inputSchema);
  const errors = new StepErrors(loaded.ref, seen.fields, config.functionErrorCharsMax);
  return { step, loaded, inputSchema, seenSchema: seen, outputSchema, errors, config };
}

/** Their functions do not read rows by name. */
const seesBatches: ReadonlySet<FunctionStep['mode']> = new Set<FunctionStep['mode']>([
  'mapBatches',
  'scalarBatches',
  'accumulate',
  'finish',
]);

/** Columns that are passed on travel as they came: an ENUM as its texts, and so on. */
function outputOf(step: FunctionStep, input: ArrowSchema): ArrowSchema {
  if (step.mode === 'filter') return input;
  const made = toArrowSchema(step.schema);
  if (step.args === undefined) return made;
  const passed = step.schema.slice(0, -1).map(({ name }) => fieldNamed(input, name));
  return new ArrowSchema([...passed, ...made.fields.slice(-1)]);
}
