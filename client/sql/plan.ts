import type { Draft } from '../dataset/draft.ts';
import { withAbsolutePaths, withAbsoluteValues } from './absolute-paths.ts';
import type { SqlDraft } from './template.ts';

/** The plan of SQL text: the files that it names are absolute, from this process's working directory now. */
export function sqlPlan(
  { text, relations, parameters, functions, callable = [] }: SqlDraft,
  workingDirectory = process.cwd(),
): Draft {
  const absolute = withAbsolutePaths(text, workingDirectory);
  const values = withAbsoluteValues(text, parameters, workingDirectory);
  const paths = [...absolute.paths, ...values.paths];
  return async (resolver) => ({
    kind: 'sql',
    text: absolute.text,
    ...(paths.length === 0 ? {} : { paths }),
    ...(relations.length === 0
      ? {}
      : {
          relations: await Promise.all(
            relations.map(async ({ name, draft }) => ({ name, plan: await draft(resolver) })),
          ),
        }),
    ...(functions.length === 0 ? {} : { functions: await Promise.all(functions.map((each) => each.plan(resolver))) }),
    ...(callable.length === 0 ? {} : { callable }),
    ...(parameters.length === 0 ? {} : { parameters: values.parameters }),
  });
}
