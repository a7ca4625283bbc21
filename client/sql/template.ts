import { SheafError } from '../../shared/errors.ts';
import type { NamedExpression } from '../../shared/plan/nodes/expression.ts';
import { quotedName } from '../../shared/sql/text.ts';
import { tokenize } from '../../shared/sql/tokens.ts';
import { type Literal, quoteLiteral, quoteText } from '../../shared/sql/value.ts';
import { Actions } from '../dataset/actions.ts';
import type { Draft } from '../dataset/draft.ts';
import { isTyped } from '../expressions/expression.ts';
import type { Typed } from '../expressions/typed.ts';
import { SqlFunction } from '../functions/sql-function.ts';
import type { Session } from '../session/session.ts';
import { isFilePlace } from './absolute-paths.ts';

/** What may stand in a template: values, expressions, datasets as tables, and functions before their arguments. */
export type Spliced = Literal | Typed | Actions | SqlFunction;

/** SQL text with what it names, not sent yet. */
export interface SqlDraft {
  readonly text: string;
  readonly relations: readonly { readonly name: string; readonly draft: Draft }[];
  readonly parameters: readonly NamedExpression[];
  readonly functions: readonly SqlFunction[];
  /** Names of all functions that it could call. */
  readonly callable?: readonly string[];
}

/**
 * The parts of a template as SQL: datasets become names of tables, values numbered parameters. Only the name of a file,
 * which no parameter can be, becomes a literal.
 *
 * @throws SheafError `PLAN_INVALID` for a dataset of another cluster's handle, or a value that SQL cannot hold
 */
export function fillTemplate(strings: readonly string[], values: readonly Spliced[], session: Session): SqlDraft {
  const relations = new Map<Actions, string>();
  const parameters: NamedExpression[] = [];
  const functions = new Set<SqlFunction>();
  const prefix = unusedPrefix(strings.join(' '));
  const text = strings.reduce((before, piece, at) => before + splice(values[at - 1], before) + piece);
  const named = [...relations].map(([{ draft }, name]) => ({ name, draft }));
  return { text, relations: named, parameters, functions: [...functions] };

  function splice(value: Spliced | undefined, before: string): string {
    if (value instanceof SqlFunction) {
      functions.add(value);
      return quotedName(value.name);
    }
    if (value instanceof Actions) return quotedName(nameOf(value));
    if (isTyped(value)) return value.sql;
    if (typeof value === 'string' && isFilePlace(before, value)) return quoteText(value);
    parameters.push({ name: String(parameters.length + 1), sql: quoteLiteral((value ?? null) as Literal) });
    return `$${parameters.length}`;
  }

  function nameOf(dataset: Actions): string {
    if (dataset.session !== session) throw ofAnother();
    const name = relations.get(dataset) ?? `${prefix}${relations.size + 1}`;
    relations.set(dataset, name);
    return name;
  }
}

/** A name that occurs nowhere in the text. */
function unusedPrefix(text: string): string {
  const words = tokenize(text).map(({ sql }) => sql.toLowerCase().replaceAll('"', ''));
  let prefix = 'dataset';
  while (words.some((word) => word.startsWith(prefix) && /\d+$/.test(word))) prefix += '_';
  return prefix;
}

/** Values of `$name`, or of `$1` and `?` in their order. */
export const namedParameters = (
  values: readonly Literal[] | Readonly<Record<string, Literal>>,
): readonly NamedExpression[] =>
  Array.isArray(values)
    ? values.map((value: Literal, i) => ({ name: String(i + 1), sql: quoteLiteral(value) }))
    : Object.entries(values as Readonly<Record<string, Literal>>).map(([name, value]) => ({
        name,
        sql: quoteLiteral(value),
      }));

const ofAnother = (): SheafError =>
  new SheafError('PLAN_INVALID', 'A dataset in the SQL is of another connection to a cluster', {
    next: 'Make it with the same handle: cluster.read, cluster.from or cluster.sql.',
  });
