import type { RowOrKeyRule } from '../../shared/plan/nodes/judge.ts';
import type { Rule } from '../records/document.ts';

/** Rules that reject rows, not whole runs. */
export const isRowOrKey = (rule: Rule): rule is RowOrKeyRule => kinds.has(rule.kind);

const kinds: ReadonlySet<Rule['kind']> = new Set<RowOrKeyRule['kind']>(['row', 'function', 'unique', 'foreignKey']);
