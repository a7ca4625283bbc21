/** Time as the engine measures it: milliseconds that never jump, whatever happens to the wall clock. */
export const monotonicMs = (): number => performance.now();
