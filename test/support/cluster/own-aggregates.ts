import type { Cluster } from '../../../client/index.ts';

/** An aggregate function in TypeScript that DuckDB has, too: its `avg`. */
export const ownMean = (cluster: Cluster) =>
  cluster.aggregate(
    'own_mean',
    () => ({
      init: () => ({ n: 0, sum: 0 }),
      accumulate: (state, { x }) => (x === null ? state : { n: state.n + 1, sum: state.sum + x }),
      merge: (a, b) => ({ n: a.n + b.n, sum: a.sum + b.sum }),
      finish: ({ n, sum }) => (n === 0 ? null : sum / n),
    }),
    { args: { x: 'double' }, returns: 'double' },
  );

/** The same of its `count(*)`. */
export const ownCount = (cluster: Cluster) =>
  cluster.aggregate(
    'own_count',
    () => ({ init: () => 0, accumulate: (n) => n + 1, merge: (a, b) => a + b, finish: (n) => BigInt(n) }),
    { args: {}, returns: 'bigint' },
  );
