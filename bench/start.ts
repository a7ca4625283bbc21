/** Cold start to first result, and the warm round trip of a one-row query. */
import { local } from '../client/index.ts';
import { medianMs, milliseconds, report } from './stopwatch.ts';

const importedMs = performance.now();
await using cluster = await local();
const startedMs = performance.now();
await cluster.sql('SELECT 42 AS answer').collect();
const firstMs = performance.now();
report('imports of the client', milliseconds(importedMs));
report('embedded cluster (coordinator, 2 workers) listening', milliseconds(startedMs - importedMs));
report('first result, from process start', milliseconds(firstMs));
const warmMs = await medianMs(50, () => cluster.sql('SELECT 42 AS answer').collect());
report('warm one-row query, median of 50', milliseconds(warmMs));
