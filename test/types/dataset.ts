/** What must compile and what must not: checked by `npm run check`, never run. */
import type { RecordBatch } from 'apache-arrow';
import {
  avg,
  type Cluster,
  coalesce,
  col,
  count,
  countDistinct,
  type Dataset,
  lag,
  lit,
  max,
  rowNumber,
  sql,
  sum,
  when,
} from '../../client/index.ts';

declare const cluster: Cluster;
declare function same<Expected>(): <Actual>(
  value: Actual,
) => [Expected, Actual] extends [Actual, Expected] ? true : never;
declare function schemaOf<S extends Readonly<Record<string, string>>>(dataset: Dataset<S>): S;

const schema = {
  origin: 'VARCHAR',
  destination: 'VARCHAR',
  delay: 'INTEGER',
  distance: 'DOUBLE',
  date: 'TIMESTAMP',
  cancelled: 'BOOLEAN',
  'odd "name"': 'BIGINT',
} as const;
const flights = cluster.read.parquet('flights.parquet', { schema });
const open = cluster.read.parquet('flights.parquet');

// Expressions know the columns' types.
flights.filter(col('delay').gt(15));
flights.filter(
  col('delay')
    .gt(15n)
    .and(col('origin').in(['BOS', 'JFK'])),
);
flights.filter(col('cancelled'));
flights.filter(col('cancelled').not().or(col('delay').isNull()));
flights.filter(col('date').gte(new Date()).or(col('date').lt('2001-02-01')));
flights.filter(col('delay').gt(col('distance')));
flights.filter(col('delay').add(col('distance')).gt(3));
flights.filter(col('origin').like('B%'));
flights.filter(sql`hour(${col('date')}) = ${3}`);
flights.filter(sql<'boolean'>`starts_with(origin, ${'B'})`);
flights.filter('anything in SQL');
// @ts-expect-error a number column against text
flights.filter(col('delay').gt('many'));
// @ts-expect-error a text column against a number
flights.filter(col('origin').eq(3));
// @ts-expect-error one of the list is of the wrong type
flights.filter(col('origin').in([3]));
// @ts-expect-error a boolean column against a number
flights.filter(col('cancelled').eq(1));
// @ts-expect-error a time against a number
flights.filter(col('date').gt(5));
// @ts-expect-error no such column
flights.filter(col('dely').gt(15));
// @ts-expect-error no such column, deep inside
flights.filter(col('delay').gt(15).and(col('orgin').isNull()));
// @ts-expect-error not a condition
flights.filter(col('delay'));
// @ts-expect-error not a condition
flights.filter(col('delay').add(1));
// @ts-expect-error text has no sum
flights.filter(col('origin').add(1).gt(3));
// @ts-expect-error LIKE is for text
flights.filter(col('delay').like('1%'));
// @ts-expect-error null is compared by isNull
flights.filter(col('delay').eq(null));
// @ts-expect-error a known type against the wrong literal
flights.filter(avg(col('delay')).gt('late'));
// @ts-expect-error a typed piece of SQL against the wrong literal
flights.filter(sql<'bigint'>`hour(date)`.eq('noon'));

// Row functions get typed rows.
flights.filter((row) => (row.delay ?? 0) > 15 && row.origin === 'BOS');
flights.filter((row, params) => (row.delay ?? 0) > params.limit, { params: { limit: 3 } });
// @ts-expect-error no such column
flights.filter((row) => row.dely > 15);
// @ts-expect-error a number has no length
flights.filter((row) => row.delay?.length === 0);
// @ts-expect-error not a condition
flights.filter((row) => row.origin);

// Names of columns are checked, and flow.
const selected = flights.select('origin', col('delay').divide(60).as('hours'), {
  day: "date_trunc('day', date)",
  twice: col('distance'),
});
same<{ readonly origin: 'VARCHAR'; readonly hours: 'double'; readonly day: 'unknown'; readonly twice: 'DOUBLE' }>()(
  schemaOf(selected),
) satisfies true;
selected.orderBy('hours desc', 'day');
// @ts-expect-error no such column
flights.select('orgin');
// @ts-expect-error no such column
flights.select(col('orgin').as('o'));
// @ts-expect-error no such column
flights.select({ o: col('orgin') });
// @ts-expect-error the column is gone
selected.filter(col('delay').gt(3));

const extended = flights.withColumns({ late: col('delay').gt(15), origin: lit(true) });
same<'boolean'>()(schemaOf(extended).late) satisfies true;
extended.filter(col('late').and(col('distance').gt(1)));
// @ts-expect-error the column has another type now
extended.filter(col('origin').eq('BOS'));

const byOrigin = flights.groupBy('origin', { hour: 'hour(date)' }).agg({
  flights: count(),
  mean: avg(col('delay')),
  total: sum(col('delay')),
  last: max(col('date')),
  share: 'avg((delay > 15)::int)',
  airports: countDistinct(col('destination')),
});
same<{
  readonly origin: 'VARCHAR';
  readonly hour: 'unknown';
  readonly flights: 'bigint';
  readonly mean: 'double';
  readonly total: 'hugeint';
  readonly last: 'TIMESTAMP';
  readonly share: 'unknown';
  readonly airports: 'bigint';
}>()(schemaOf(byOrigin)) satisfies true;
byOrigin.orderBy('flights desc', 'mean asc nulls first', col('total').desc().nullsLast(), sql`share / 2`).limit(20);
byOrigin.filter(col('share').gt(0.5));
byOrigin.filter(col('share').eq('a type that is not known is not checked'));
byOrigin.map((row) => ({ name: row.origin, n: (row.flights ?? 0n) + 1n }), {
  schema: { name: 'varchar', n: 'bigint' },
});
// @ts-expect-error no such column
flights.groupBy('orgin');
// @ts-expect-error no such column
flights.groupBy('origin').agg({ mean: avg(col('dely')) });
// @ts-expect-error text has no mean
flights.groupBy('origin').agg({ mean: avg(col('origin')) });
// @ts-expect-error no such column
byOrigin.orderBy('flight desc');
// @ts-expect-error not a direction
byOrigin.orderBy('flights down');

// Joins.
const airports = cluster.from([{ iata: 'BOS', city: 'Boston', lat: 42.3 }]);
same<{ readonly iata: 'varchar'; readonly city: 'varchar'; readonly lat: 'double' }>()(
  schemaOf(airports),
) satisfies true;
const joined = flights.join(airports, { on: { origin: 'iata' }, type: 'left' });
joined.filter(col('city').eq('Boston').and(col('delay').gt(3)));
flights.join(flights.select('origin', { n: count() }), { on: 'origin' }).select('n', 'delay');
flights.join(airports, { on: sql`l.origin = r.iata` });
// Functions that SQL calls know their arguments and their value.
const partOfDay = cluster.fn('part_of_day', ({ at }) => (at === null ? null : String(at.getUTCHours())), {
  args: { at: 'timestamp' },
  returns: 'varchar',
});
cluster.sql`select ${partOfDay}(date) from ${flights}`;
cluster.fn('sized', (batch, { least }) => Array.from({ length: batch.numRows }, () => least), {
  args: { x: 'double' },
  returns: 'integer',
  batches: true,
  params: { least: 3 },
});
cluster.aggregate(
  'own_sum',
  () => ({
    init: () => ({ total: 0 }),
    accumulate: (state, { x }) => ({ total: state.total + (x ?? 0) }),
    merge: (a, b) => ({ total: a.total + b.total }),
    finish: ({ total }) => total,
  }),
  { args: { x: 'double' }, returns: 'double' },
);
// @ts-expect-error an argument that is not declared
cluster.fn('f', ({ at }) => at, { args: { x: 'double' }, returns: 'double' });
// @ts-expect-error a value of another type
cluster.fn('f', ({ x }) => String(x), { args: { x: 'double' }, returns: 'double' });
// @ts-expect-error null must be thought of
cluster.fn('f', ({ x }) => x + 1, { args: { x: 'double' }, returns: 'double' });
// @ts-expect-error values of another type
cluster.fn('f', (batch) => ['text', batch.numRows], { args: { x: 'double' }, returns: 'double', batches: true });
const wrongState = () => ({
  init: () => 0,
  accumulate: (n: number) => n,
  merge: (a: number) => a,
  finish: () => 'text',
});
// @ts-expect-error an aggregate's value of another type
cluster.aggregate('f', wrongState, { args: {}, returns: 'double' });
// Windows add columns of known types over columns that are there.
const numbered = flights.window({
  partitionBy: ['origin', sql`year(date)`],
  orderBy: ['delay desc nulls last', col('date').asc()],
  rows: [-2, 0],
  columns: { nth: rowNumber(), before: lag(col('delay')), total: sum(col('delay')), share: 'percent_rank()' },
});
same<bigint | null>()((await numbered.rows().next()).value?.nth ?? null);
same<number | null>()((await numbered.rows().next()).value?.before ?? null);
numbered.filter(col('before').gt(3)).orderBy('nth', 'share desc');
open.window({ columns: { nth: rowNumber() } }).window({ partitionBy: 'anything', columns: { m: max(col('x')) } });
// @ts-expect-error a column that is not there
flights.window({ partitionBy: 'orgin', columns: { nth: rowNumber() } });
// @ts-expect-error nor here
flights.window({ orderBy: 'dealy desc', columns: { nth: rowNumber() } });
// @ts-expect-error nor in a function
flights.window({ columns: { before: lag(col('dealy')) } });
// @ts-expect-error a sum of text
flights.window({ columns: { total: sum(col('origin')) } });
// @ts-expect-error an expression that is no function over rows
flights.window({ columns: { x: col('delay').add(1) } });
// @ts-expect-error a window function outside a window
flights.select(rowNumber());
// @ts-expect-error nor in an expression
flights.filter(col('delay').gt(rowNumber()));
// @ts-expect-error a column that the window does not add
numbered.orderBy('nht');
// SQL takes datasets as tables and values as parameters.
const late = cluster.sql<{ origin: 'varchar'; n: 'bigint' }>`
  select f.origin, count(*) as n from ${flights} f join ${open} o on f.delay > o.delay where f.origin = ${'SEA'} and ${col('n').gt(3)}`;
same<bigint | null>()((await late.rows().next()).value?.n ?? null);
cluster.sql('select $a, $b', { a: 1, b: new Date() }).filter('true');
cluster.sql('select ?, ?', [1, null]);
cluster.sql`select * from ${late.orderBy('n desc').limit(3)}`;
// @ts-expect-error a column that the query does not yield
late.filter(col('count').gt(3));
// @ts-expect-error an object is no value
cluster.sql`select ${{ a: 1 }}`;
// @ts-expect-error a function is no value
cluster.sql('select $f', { f: () => 1 });
// @ts-expect-error the left side has no such column
flights.join(airports, { on: { orgin: 'iata' } });
// @ts-expect-error the right side has no such column
flights.join(airports, { on: { origin: 'code' } });
// @ts-expect-error not a column of both
flights.join(airports, { on: 'origin' });

// Functions say what they yield.
const mapped = flights.map((row) => ({ route: `${row.origin}-${row.destination}`, late: (row.delay ?? 0) > 15 }), {
  schema: { route: 'varchar', late: 'boolean' },
});
mapped.filter(col('late'));
flights.mapBatches((batch: RecordBatch) => batch, { schema: { route: 'varchar' } }).select('route');
flights.flatMap((row) => [{ word: row.origin }], { schema: { word: 'varchar' } }).groupBy('word');
// @ts-expect-error the schema says a number
flights.map((row) => ({ n: row.origin }), { schema: { n: 'integer' } });
// @ts-expect-error a column is missing
flights.map(() => ({}), { schema: { n: 'integer' } });
// @ts-expect-error a schema is needed
flights.map((row) => row);

// Choices.
flights.select({ part: when(col('delay').gt(15), 'late').when(col('delay').gt(0), 'soon').otherwise('early') });
flights.select({ delay: coalesce(col('delay'), 0) }).filter(col('delay').gt(1));
// @ts-expect-error no such column in a condition
flights.select({ part: when(col('dely').gt(15), 'late').otherwise('early') });

// Sets.
flights.union(flights.filter('true')).distinct().repartition(4, 'origin').limit(3, 2);
open.union(flights);
// @ts-expect-error other columns
flights.union(airports);
// @ts-expect-error no such column
flights.repartition(4, 'orgin');

// Where the schema is not known, everything is accepted; names come to be known.
open.filter(col('anything').gt(1)).select('a', { b: 'c + 1' }).orderBy('b desc');
open
  .orderBy('a + b desc', 'c')
  .groupBy('x', 'y')
  .agg({ n: count(), m: avg(col('z')) })
  .orderBy('n desc');
// @ts-expect-error this name is known not to be there
open.groupBy('x').agg({ n: count() }).orderBy('m');
open.filter((row) => row.anything !== null);

// Rows come back typed.
for await (const row of byOrigin.rows()) {
  same<bigint | null>()(row.flights) satisfies true;
  // @ts-expect-error no such column
  row.flight;
}
