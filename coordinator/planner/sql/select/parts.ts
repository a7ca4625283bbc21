import { type AstNode, type AstValue, isNode, nodesOf } from '../../../../shared/sql/ast.ts';

/** What a SELECT over one relation is made of. Expressions name columns of the relation's plan. */
export interface SelectParts {
  readonly items: readonly SelectItem[];
  readonly where?: AstNode;
  readonly groups: readonly AstNode[];
  readonly groupsAll: boolean;
  /** Of GROUPING SETS, ROLLUP and CUBE: places in `groups`. */
  readonly groupSets?: readonly (readonly number[])[];
  readonly having?: AstNode;
  readonly qualify?: AstNode;
  readonly distinct: boolean;
  /** Of each set of rows that are equal in these, the first in order is kept. */
  readonly distinctOn: readonly AstNode[];
  /** ORDER_MODIFIER items. */
  readonly orders: readonly AstNode[];
  readonly limit: number | null;
  readonly offset: number;
  /** Whether the relation's rows are the same if it is read twice. Absent: they are. */
  readonly isStable?: () => boolean;
}

export interface SelectItem {
  readonly name: string;
  readonly tree: AstNode;
  /** The alias given to it in the text. */
  readonly alias: string;
}

type Modifiers = Pick<SelectParts, 'distinct' | 'distinctOn' | 'orders' | 'limit' | 'offset'>;

/** What stands behind a SELECT; or for people why that is not understood. */
export function modifiersOf(modifiers: readonly AstNode[]): Modifiers | string {
  let parts: Modifiers = { distinct: false, distinctOn: [], orders: [], limit: null, offset: 0 };
  for (const modifier of modifiers) {
    if (modifier.type === 'DISTINCT_MODIFIER') {
      const distinctOn = nodesOf(modifier.distinct_on_targets);
      parts = { ...parts, distinct: distinctOn.length === 0, distinctOn };
    } else if (modifier.type === 'ORDER_MODIFIER') {
      parts = { ...parts, orders: nodesOf(modifier.orders) };
    } else if (modifier.type === 'LIMIT_MODIFIER') {
      const [limit, offset] = [wholeNumber(modifier.limit), wholeNumber(modifier.offset)];
      if (limit === undefined || offset === undefined) return 'its limit is not a plain number';
      parts = { ...parts, limit, offset: offset ?? 0 };
    } else {
      return 'its limit is a share of the rows';
    }
  }
  return parts;
}

/** The number of a constant; null where there is none. */
function wholeNumber(node: AstNode[string] | undefined): number | null | undefined {
  if (!isNode(node)) return null;
  const { value } = node;
  if (node.class !== 'CONSTANT' || !isNode(value) || value.is_null === true) return undefined;
  // The value of a DECIMAL has no point: 1.5 is 15.
  if (isNode(value.type) && value.type.id === 'DECIMAL') return undefined;
  const number = Number(value.value);
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}

/** The sets that a SELECT groups by, where there are several. */
export function groupSetsOf({ group_sets }: AstNode): Pick<SelectParts, 'groupSets'> {
  const sets = Array.isArray(group_sets) ? (group_sets as readonly (readonly AstValue[])[]) : [];
  return sets.length > 1 ? { groupSets: sets.map((set) => set.map(Number)) } : {};
}
