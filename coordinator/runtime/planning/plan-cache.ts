import type { StagedPlan } from '../../planner/stages/staged-plan.ts';
import type { PlanningRequest } from './planning-protocol.ts';

/**
 * Stages of questions that were planned before, over the same files as they are now: dashboards ask the same again and
 * again. Oldest go first. What depends on more than its request is not kept: on the present time, or on the run, which
 * stands in temporary names.
 */
export class PlanCache {
  readonly #plans = new Map<string, StagedPlan>();
  readonly #entriesMax: number;

  /** @param entriesMax 0: nothing is kept */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /**
   * The stages for a request.
   *
   * @param snapshot equal while the files that it reads are the same
   * @param planned makes them
   */
  stagesOf(request: PlanningRequest, snapshot: string, planned: () => StagedPlan): StagedPlan {
    const { plan, slots, datasets, extracts, distributed } = request;
    const key = JSON.stringify([plan, slots, datasets, extracts, distributed, snapshot], exactly);
    const known = this.#plans.get(key);
    if (known !== undefined) {
      this.#keep(key, known);
      return known;
    }
    const staged = planned();
    if (!mayMeanNow(key) && !JSON.stringify(staged, exactly).includes(request.run)) this.#keep(key, staged);
    return staged;
  }

  #keep(key: string, staged: StagedPlan): void {
    this.#plans.delete(key);
    this.#plans.set(key, staged);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > this.#entriesMax && oldest !== undefined) this.#plans.delete(oldest);
  }
}

/** JSON has one text for values that are different: two questions that differ in such a parameter are two. */
const exactly = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return { bigint: String(value) };
  const isInJson = typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0));
  return isInJson ? value : { number: Object.is(value, -0) ? '-0' : String(value) };
};

/**
 * Whether a word of a JSON text may be the present time: see `fixTime`. As a name of anything else it only costs a
 * plan.
 */
const mayMeanNow = (json: string): boolean => presentTime.test(json.replaceAll(escaped, ' '));

/** The `n` of an escaped line break is no letter of the word behind it. */
const escaped = /\\(?:u[0-9a-f]{4}|.)/g;

const presentTime = /\b(now|today|age|ago|current_\w+|get_current_\w+|localtime\w*|transaction_timestamp)\b/i;
