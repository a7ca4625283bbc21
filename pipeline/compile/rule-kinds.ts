import type { RowOrKeyRule } from '../../shared/plan/nodes/judge.ts';
import type { Rule } from '../document.ts';

/** Rules that reject rows, not whole runs. */
export const isRowOrKey = (rule: Rule): rule is RowOrKeyRule =>
  rule.kind === 'row' || rule.kind === 'unique' || rule.kind === 'foreignKey';
