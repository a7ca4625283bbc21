import { sourceStepName } from '../../../pipeline/compile/extracted.ts';
import type { Json } from '../../../shared/json.ts';
import type { ExtractNode } from '../../../shared/plan/nodes/extract.ts';
import type { LoadNode } from '../../../shared/plan/nodes/load.ts';
import type { ScanNode } from '../../../shared/plan/nodes/scan.ts';
import { extractKey, nodesOf } from '../../../shared/plan/walk.ts';
import type { Listings } from '../../connectors/list-sources.ts';
import { scanKey } from '../../planner/source.ts';
import { firstInputsMax, type ScannedFiles } from '../../runtime/planning/planning-protocol.ts';
import type { ListedSource } from '../decisions/decide.ts';

/**
 * What was listed of each source: its step in the plan names it. Of what is read again, the files that have it. Pure.
 *
 * @param files of scans
 */
export function listedSources(plan: LoadNode, listings: Listings, files: ScannedFiles): Record<string, ListedSource> {
  const prefix = sourceStepName('');
  const sources: Record<string, ListedSource> = {};
  for (const node of nodesOf(plan)) {
    if (node.kind !== 'step' || !node.name.startsWith(prefix)) continue;
    const read = [...nodesOf(node.input)];
    const extract = read.find((each) => each.kind === 'extract');
    const scan = read.find((each) => each.kind === 'scan');
    const listed = extract && !extract.reread ? listedSource(extract, listings) : scan && scannedSource(scan, files);
    if (listed)
      sources[node.name.slice(prefix.length)] = extract ? { ...listed, connector: extract.connector } : listed;
  }
  return sources;
}

function listedSource(node: ExtractNode, listings: Listings): ListedSource {
  const { connector } = node;
  const { listing } = listings.get(extractKey(node)) ?? {};
  if (!listing) return { connector, pieces: 0, first: [] };
  const { pieces, cursor } = listing;
  const first = pieces.slice(0, firstInputsMax).map(({ piece }) => nameOf(piece));
  return { connector, pieces: pieces.length, first, ...(cursor === undefined ? {} : { cursor }) };
}

function scannedSource(scan: ScanNode, files: ScannedFiles): ListedSource {
  const { count = 0, first = [] } = files[scanKey(scan)] ?? {};
  return { connector: scan.format, pieces: count, first };
}

const nameFields = ['path', 'key', 'url', 'name', 'table', 'source'];

/** What people call a piece. */
function nameOf(piece: Json): string {
  if (typeof piece === 'string') return piece;
  const fields = typeof piece === 'object' && piece !== null ? Object.entries(piece) : [];
  const named = nameFields.map((field) => fields.find(([name]) => name === field)?.[1]);
  const text = named.find((value) => typeof value === 'string') ?? JSON.stringify(piece);
  return String(text).slice(0, 200);
}
