/**
 * A rate limit, pure: fewer than `perSecond` in any second (a sliding window), and paced within it (a token bucket of
 * `burstMs`), so that whoever enforces the same limit by another clock does not see a burst of two seconds' worth.
 */
export class RateWindow {
  readonly #burstMs: number;
  readonly #taken: { readonly atMs: number; count: number }[] = [];
  #sum = 0;
  #tokens: number;
  #filledMs: number;

  /** @param full whether the previous second may have been used up, by an earlier keeper of the limit */
  constructor(nowMs: number, burstMs: number, full = false) {
    this.#burstMs = burstMs;
    this.#tokens = full ? 0 : Number.POSITIVE_INFINITY;
    this.#filledMs = full ? nowMs + 1000 : nowMs;
  }

  /** How many may go now. */
  available(nowMs: number, perSecond: number): number {
    if (nowMs < this.#filledMs) return 0;
    this.#fill(nowMs, perSecond);
    return Math.max(0, Math.min(windowOf(perSecond).countMax - this.#sum, Math.floor(this.#tokens)));
  }

  /** Takes so many, no more than are available. */
  take(nowMs: number, count: number): void {
    this.#tokens -= count;
    this.#sum += count;
    const last = this.#taken.at(-1);
    if (last?.atMs === nowMs) last.count += count;
    else this.#taken.push({ atMs: nowMs, count });
  }

  /** How long until one more may go, if none may now. At least 1. */
  waitMs(nowMs: number, perSecond: number): number {
    if (nowMs < this.#filledMs) return Math.max(1, this.#filledMs - nowMs);
    this.#fill(nowMs, perSecond);
    const { countMax, windowMs } = windowOf(perSecond);
    const [oldest] = this.#taken;
    const untilTokenMs = ((1 - Math.min(1, this.#tokens)) / perSecond) * 1000;
    const untilRoomMs = this.#sum >= countMax && oldest ? oldest.atMs + windowMs - nowMs : 0;
    return Math.max(1, Math.ceil(Math.max(untilTokenMs, untilRoomMs)));
  }

  #fill(nowMs: number, perSecond: number): void {
    const { windowMs } = windowOf(perSecond);
    const capacity = Math.max(1, (perSecond * this.#burstMs) / 1000);
    this.#tokens = Math.min(capacity, this.#tokens + ((nowMs - this.#filledMs) * perSecond) / 1000);
    this.#filledMs = nowMs;
    while (this.#taken[0] !== undefined && this.#taken[0].atMs + windowMs <= nowMs) {
      this.#sum -= this.#taken.shift()?.count ?? 0;
    }
  }
}

/** Whole numbers in a window: 2.5 per second are three in 1,200 ms. */
function windowOf(perSecond: number): { readonly countMax: number; readonly windowMs: number } {
  const countMax = Math.ceil(perSecond);
  return { countMax, windowMs: (countMax / perSecond) * 1000 };
}

/** Shares `available` among those who ask, as evenly as possible, earlier ones first. Returns how many each gets. */
export function dealOut(wanted: readonly number[], available: number): number[] {
  const given = wanted.map(() => 0);
  let left = available;
  for (let open = wanted.length; left > 0 && open > 0; ) {
    const share = Math.max(1, Math.floor(left / open));
    open = 0;
    for (const [i, want] of wanted.entries()) {
      const more = Math.min(share, want - (given[i] ?? 0), left);
      given[i] = (given[i] ?? 0) + more;
      left -= more;
      if ((given[i] ?? 0) < want) open += 1;
    }
  }
  return given;
}
