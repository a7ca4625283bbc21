import { Schema as ArrowSchema, type Field } from 'apache-arrow';
import type { FunctionStep } from '../../shared/stage/function-step.ts';

/** The columns that a function of a step sees, as it calls them: its arguments where the step names such, else all. */
export function seenSchema({ args }: FunctionStep, input: ArrowSchema): ArrowSchema {
  if (args === undefined) return input;
  return new ArrowSchema(args.map(({ column, name }) => fieldNamed(input, column).clone({ name })));
}

/** A field that the planner has put there. @throws RangeError if it is missing, which is a bug */
export function fieldNamed({ fields }: ArrowSchema, name: string): Field {
  const field = fields.find((each) => each.name === name);
  if (field === undefined) throw new RangeError(`a function step has no column ${name}`);
  return field;
}
