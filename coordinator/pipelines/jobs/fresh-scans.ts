import type { ListNewOptions } from '../../../connectors/files/list-new.ts';
import { listNew, scanOf } from '../../../connectors/files/list-new.ts';
import type { FilesCursor, FoundFile } from '../../../connectors/files/new-files.ts';
import { parseS3Options } from '../../../connectors/s3/options.ts';
import { sourceStepName } from '../../../pipeline/compile/extracted.ts';
import { mapSteps } from '../../../pipeline/compile/map-steps.ts';
import type { Json } from '../../../shared/json.ts';
import type { PlanNode } from '../../../shared/plan/node.ts';
import type { LoadNode } from '../../../shared/plan/nodes/load.ts';
import type { ScanNode } from '../../../shared/plan/nodes/scan.ts';
import { nodesOf } from '../../../shared/plan/walk.ts';
import type { Secrets } from '../../../shared/secrets.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { firstInputsMax } from '../../runtime/planning/planning-protocol.ts';
import { hasFormat } from '../../sources/formats.ts';
import type { ListedSource } from '../decisions/decide.ts';

/** Scans that read only new files, with the files that are new now. */
export interface FreshScans {
  /** By source. */
  readonly sources: Readonly<Record<string, ListedSource>>;
  /** The plan over these files: what is committed with the cursor is what was listed. */
  readonly over: (plan: LoadNode) => LoadNode;
}

/** @throws SheafError what listing throws */
export async function freshScans(
  plan: LoadNode,
  secrets: Secrets,
  options: Pick<ListNewOptions, 'config' | 'signal'>,
): Promise<FreshScans> {
  const sources: Record<string, ListedSource> = {};
  const fresh = new Map<string, PlanNode>();
  for (const [name, scan] of incrementalScans(plan)) {
    const isOfFormat = (file: string) => hasFormat(file, scan.format);
    const s3 = parseS3Options(secrets.resolve((scan.options.s3 ?? {}) as Json));
    const { files, cursor } = await listNew(scan.paths, { ...options, isOfFormat, s3, cursor: cursorOf(scan) });
    sources[name] = { connector: scan.format, pieces: files.length, first: firstOf(files), cursor };
    fresh.set(sourceStepName(name), scanOf(without(scan), files) ?? emptied(without(scan)));
  }
  const over = (given: LoadNode): LoadNode =>
    mapSteps(given, (step) => {
      const input = fresh.get(step.name);
      return input && { ...step, input };
    }) as LoadNode;
  return { sources, over };
}

function incrementalScans(plan: LoadNode): ReadonlyMap<string, ScanNode> {
  const prefix = sourceStepName('');
  const scans = new Map<string, ScanNode>();
  for (const node of nodesOf(plan)) {
    if (node.kind !== 'step' || !node.name.startsWith(prefix)) continue;
    if (node.input.kind === 'scan' && node.input.since !== undefined)
      scans.set(node.name.slice(prefix.length), node.input);
  }
  return scans;
}

const cursorOf = ({ since }: ScanNode): FilesCursor | undefined =>
  typeof since === 'object' && since !== null && 'sinceMs' in since ? (since as unknown as FilesCursor) : undefined;

const without = ({ since: _, ...scan }: ScanNode): ScanNode => scan;

/** No rows, with the columns that there would be. */
function emptied(scan: ScanNode): PlanNode {
  const { schema } = scan.options;
  if (schema === undefined) return { kind: 'filter', input: scan, predicate: 'false' };
  const columns = schema.map(({ name, type }) => `NULL::${type} AS ${quotedName(name)}`);
  return { kind: 'sql', text: `SELECT ${columns.join(', ')} WHERE false` };
}

const firstOf = (files: readonly FoundFile[]): readonly string[] =>
  files.slice(0, firstInputsMax).map(({ path }) => path);
