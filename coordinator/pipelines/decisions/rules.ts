import { isRowOrKey } from '../../../pipeline/compile/rule-kinds.ts';
import type { DatasetRule, OutputDocument, RejectPolicy, Rule } from '../../../pipeline/records/document.ts';
import type { RuleSummary } from '../../../pipeline/records/run.ts';
import type { ErrorData } from '../../../shared/errors.ts';
import type { Json } from '../../../shared/json.ts';
import type { Counts } from './receipts.ts';

/** What was counted of an output. */
export interface Counted {
  readonly counts: Counts;
  /** Rows that would be loaded. */
  readonly loaded: number;
  /** When the run started. */
  readonly startedMs: number;
}

/** What each rule of an output found. Pure. */
export const ruleSummaries = ({ rules }: OutputDocument, counted: Counted): RuleSummary[] =>
  rules.map((rule) => ruleSummary(rule, counted));

function ruleSummary(rule: Rule, counted: Counted): RuleSummary {
  const { counts } = counted;
  if (isRowOrKey(rule)) {
    const rejected = counts.rejected('rule', rule.name);
    return { rule: rule.name, rejected, passed: rejected === 0 };
  }
  const found = foundBy(rule, rule.name, counted);
  return { rule: rule.name, rejected: 0, found, passed: holds(rule, found, counted) };
}

function foundBy({ kind }: DatasetRule, name: string, { counts, loaded }: Counted): Json {
  if (kind === 'rowCount') return loaded;
  return counts.find('rule', name)?.found ?? null;
}

function holds(rule: DatasetRule, found: Json, { loaded, startedMs }: Counted): boolean {
  if (rule.kind === 'rowCount') return loaded >= (rule.min ?? 0) && loaded <= (rule.max ?? Number.POSITIVE_INFINITY);
  if (rule.kind === 'dataset') return found === 'true' || found === true || found === null; // As CHECK: unknown is no breach.
  if (found === null) return loaded === 0; // No rows are no old rows.
  return startedMs - Date.parse(String(found)) <= rule.maxAgeMs;
}

/** Rows of a source or of an output, and how many of them are rejected. */
export interface Rejects {
  readonly of: string;
  readonly rows: number;
  readonly rejected: number;
  readonly rules: readonly RuleSummary[];
}

/** Why so many rejects forbid the load, or undefined if they do not. Pure. */
export function tooManyRejects(policy: RejectPolicy, { of, rows, rejected, rules }: Rejects): ErrorData | undefined {
  const { action, rowsMax = Number.POSITIVE_INFINITY, shareMax = 1 } = policy;
  if (rejected === 0) return undefined;
  const why = `${of}: ${rejected} of ${rows} rows are rejected (${worst(rules)})`;
  if (action === 'fail') return broken(policy, why, rejected);
  if (rejected > rowsMax) return broken(policy, `${why}, more than ${rowsMax}`, rejected);
  if (rejected / rows > shareMax) return broken(policy, `${why}, more than ${percent(shareMax)}`, rejected);
  return undefined;
}

/** Why a rule about all rows of an output forbids the load, or undefined if none does. Pure. */
export function unmetRule({ name, rules }: OutputDocument, policy: RejectPolicy, found: readonly RuleSummary[]) {
  if (policy.action === 'warn') return undefined;
  const kinds = new Map(rules.map((rule) => [rule.name, rule.kind]));
  const unmet = found.find(({ rule, passed }) => !passed && isAboutAll(kinds.get(rule)));
  if (!unmet) return undefined;
  return broken(policy, `${name}: the rule ${unmet.rule} does not hold, found ${JSON.stringify(unmet.found)}`, 0);
}

const isAboutAll = (kind: Rule['kind'] | undefined): boolean =>
  kind === 'rowCount' || kind === 'freshness' || kind === 'dataset';

const worst = (rules: readonly RuleSummary[]): string => {
  const found = rules.filter(({ rejected }) => rejected > 0).map(({ rule, rejected }) => `${rejected} by ${rule}`);
  return found.length === 0 ? 'they could not be read' : found.join(', ');
};

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

const broken = ({ action }: RejectPolicy, why: string, rejected: number): ErrorData => ({
  code: 'RULE_BROKEN',
  message: `Nothing was loaded: ${why}`,
  retryable: false,
  details: { rejected },
  next:
    action === 'fail'
      ? 'Correct the source or the rules; with onReject: quarantine(…) bad rows are set aside, and replayed after a fix.'
      : 'See what each rule found: npx sheaf run-info. Correct the source or the rules, or raise the limits of onReject.',
});
