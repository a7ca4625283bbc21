import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Listings } from '../../../../../coordinator/connectors/list-sources.ts';
import { listedSources } from '../../../../../coordinator/pipelines/jobs/listed-sources.ts';
import { scanKey } from '../../../../../coordinator/planner/source.ts';
import type { PlanNode } from '../../../../../shared/plan/node.ts';
import type { ExtractNode } from '../../../../../shared/plan/nodes/extract.ts';
import type { LoadNode } from '../../../../../shared/plan/nodes/load.ts';
import type { ScanNode } from '../../../../../shared/plan/nodes/scan.ts';
import { extractKey } from '../../../../../shared/plan/walk.ts';

const scan: ScanNode = { kind: 'scan', format: 'csv', paths: ['/in'], options: {} };
const extract: ExtractNode = { kind: 'extract', connector: 'logs', options: {}, provenance: true };
const planOf = (sources: Readonly<Record<string, PlanNode>>): LoadNode => ({
  kind: 'load',
  run: 'r',
  pipeline: 'p',
  outputs: Object.entries(sources).map(([name, input]) => ({
    name,
    input: { kind: 'step', name: `source ${name}`, input },
    sink: { connector: 'files', options: {}, prepared: null, single: false },
  })),
});
const piece = (path: string) => ({ piece: { path }, rows: 0, bytes: 1 });
const listing = { schema: [], pieces: [piece('/a.log'), piece('/b.log')], cursor: 7, deterministic: true };
const listings: Listings = new Map([[extractKey(extract), { node: extract, listing }]]);
const files = { [scanKey(scan)]: { count: 12, first: ['/in/1.csv', '/in/2.csv'] } };

test('what each source reads: pieces of its listing, or files of its scan', () => {
  assert.deepEqual(listedSources(planOf({ log: extract, table: scan }), listings, files), {
    log: { connector: 'logs', pieces: 2, first: ['/a.log', '/b.log'], cursor: 7 },
    table: { connector: 'csv', pieces: 12, first: ['/in/1.csv', '/in/2.csv'] },
  });
});

test('what is read again lies in files, and moves no cursor', () => {
  assert.deepEqual(listedSources(planOf({ log: { ...extract, reread: scan } }), listings, files), {
    log: { connector: 'logs', pieces: 12, first: ['/in/1.csv', '/in/2.csv'] },
  });
});
