import { SheafError } from '../../../../shared/errors.ts';
import { type AstNode, type AstValue, find, isNode } from '../../../../shared/sql/ast.ts';
import { caret } from '../../../../shared/sql/caret.ts';
import { functionOf, type SqlFunctions } from '../../functions/calls.ts';

/**
 * The error about a call for which no place was found: where it stands, why it cannot be made, and what to write instead.
 *
 * @param reason why the question runs in one task
 */
export function notPlaced(
  call: AstNode,
  question: { readonly tree: AstNode; readonly text: string },
  functions: SqlFunctions,
  reason: string,
): SheafError {
  const name = String(call.function_name);
  const own = find(question.tree, (node) => functionOf(node, functions)?.name === functionOf(call, functions)?.name);
  const here = own.find((node) => node.query_location === call.query_location) ?? own[0] ?? call;
  const { why, next } = placeOf(pathTo(here, question.tree), reason, functionOf(call, functions)?.kind === 'aggregate');
  const at = placeIn(question.text, here);
  return new SheafError('NOT_SUPPORTED', `The function ${name} cannot be called in this question: ${why}${at}`, {
    next,
    details: { function: name },
  });
}

interface Place {
  readonly why: string;
  readonly next: string;
}

function placeOf(path: readonly AstNode[], reason: string, isAggregate: boolean): Place {
  if (path.some(({ class: kind }) => kind === 'LAMBDA'))
    return {
      why: 'it stands in a lambda, which DuckDB runs for each element',
      next: 'Unnest the list in a subquery, call it there, and put the values together again with list(…).',
    };
  if (path.some(({ type }) => type === 'RECURSIVE_CTE_NODE'))
    return {
      why: 'it stands in the recursive part of a WITH clause and needs the rows that this part makes',
      next: 'Call it where the recursion begins, or in the SELECT that reads its result.',
    };
  return {
    why: `a part of it runs in one task (${reason}), and the call needs what only that task has`,
    next: isAggregate
      ? 'Aggregate in a WITH clause or a subquery of FROM that holds nothing else of this, and join its result by the keys.'
      : 'Call it over one table in a subquery of FROM, or over the result of a WITH clause that holds the rest.',
  };
}

/** The nodes around a node, the outermost first. */
function pathTo(wanted: AstNode, value: AstValue): AstNode[] {
  if (value === wanted) return [wanted];
  if (typeof value !== 'object' || value === null) return [];
  for (const child of Object.values(value) as AstValue[]) {
    const path = pathTo(wanted, child);
    if (path.length > 0) return isNode(value) ? [value, ...path] : path;
  }
  return [];
}

/** DuckDB counts bytes. */
function placeIn(text: string, { query_location: location }: AstNode): string {
  if (typeof location !== 'number') return '';
  const before = new TextDecoder().decode(new TextEncoder().encode(text).slice(0, location));
  return `\n\n${caret(text, before.length)}`;
}
