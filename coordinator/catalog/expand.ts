import type { CatalogEntry } from '../../shared/plan/catalog.ts';
import type { PlanNode } from '../../shared/plan/node.ts';
import type { NamedPlan, SqlNode } from '../../shared/plan/nodes/sql.ts';
import { unquotedName } from '../../shared/sql/text.ts';
import { tokenize } from '../../shared/sql/tokens.ts';

/** Entries by name in lower case. */
export type Entries = ReadonlyMap<string, CatalogEntry>;

/** A plan in which the names of the catalog are replaced by what they stand for. */
export interface Expanded {
  readonly plan: PlanNode;
  /** Ways by which an entry's text may come back to a name that it is behind: `['a', 'b', 'a']`. */
  readonly cycles: readonly (readonly string[])[];
}

/**
 * A plan whose SQL has with it all that it may mean of the catalog, so that it means the same whatever becomes of the
 * catalog. What stands in the text as a word may be a table or may not: the planner, which parses it, takes what it
 * needs.
 *
 * @param path names of the entries that the plan is of
 */
export function expand(plan: PlanNode, entries: Entries, path: readonly string[] = []): Expanded {
  const cycles: (readonly string[])[] = [];
  return { plan: entries.size === 0 ? plan : expandNode(plan, path), cycles };

  function expandNode(node: PlanNode, path: readonly string[]): PlanNode {
    switch (node.kind) {
      case 'scan':
      case 'dataset':
        return node;
      case 'extract':
        return node.reread ? { ...node, reread: expandNode(node.reread, path) } : node;
      case 'sql':
        return expandSql(node, path);
      case 'join':
        return { ...node, left: expandNode(node.left, path), right: expandNode(node.right, path) };
      case 'union':
        return { ...node, inputs: node.inputs.map((input) => expandNode(input, path)) };
      case 'load':
        return { ...node, outputs: node.outputs.map((each) => ({ ...each, input: expandNode(each.input, path) })) };
      default:
        return { ...node, input: expandNode(node.input, path) };
    }
  }

  function expandSql(node: SqlNode, path: readonly string[]): SqlNode {
    const own = (node.relations ?? []).map(({ name, plan }) => ({ name, plan: expandNode(plan, path) }));
    const taken = new Set(own.map(({ name }) => name.toLowerCase()));
    const mentioned = [...wordsOf(node.text)].filter((word) => !taken.has(word));
    const named = mentioned.flatMap((word) => relation(entries.get(word), path));
    return own.length + named.length === 0 ? node : { ...node, relations: [...own, ...named] };
  }

  function relation(entry: CatalogEntry | undefined, path: readonly string[]): NamedPlan[] {
    if (entry === undefined) return [];
    const key = entry.name.toLowerCase();
    if (!path.includes(key)) return [{ name: entry.name, plan: expandNode(entry.plan, [...path, key]) }];
    cycles.push([...path.slice(path.indexOf(key)), key]);
    return [];
  }
}

/** Words and quoted names of SQL text, in lower case. */
function wordsOf(text: string): ReadonlySet<string> {
  const names = tokenize(text).flatMap(({ kind, sql }) =>
    kind === 'word' ? [sql] : kind === 'name' ? [unquotedName(sql)] : [],
  );
  return new Set(names.map((name) => name.toLowerCase()));
}
