import { SheafError } from '../../../shared/errors.ts';
import { quotedName } from '../../../shared/sql/text.ts';
import { quotedTable, type TableName, tableText } from '../../table-name.ts';
import type { SinkOptions } from '../options.ts';
import { type Placed, placeColumns, type StagedColumn, unfilled } from './fit.ts';
import type { Target } from './target.ts';

/** What a load does to its table before the rows go in. Pure data. */
export interface Agreement {
  /** SQL, in order: the table is created, or columns are added and widened. */
  readonly changes: readonly string[];
  /** For people. */
  readonly notes: readonly string[];
  /** Where each column goes; those that the table has no column for (contract `reject`) go nowhere. */
  readonly placed: readonly Placed[];
}

/**
 * Compares the incoming columns with the table's, under its contract. Pure: called before the tasks, to refuse early,
 * and in the commit's transaction, where the changes are made.
 *
 * @throws SheafError `SCHEMA_MISMATCH` with all differences
 */
export function agree(
  options: SinkOptions,
  table: Required<TableName>,
  staged: readonly StagedColumn[],
  target: Target | undefined,
): Agreement {
  checkColumns(options, table, staged);
  if (target === undefined) return created(options, table, staged);
  const placed = placeColumns(staged, target);
  const broken = [
    ...placed.flatMap((one) => difference(options, one)),
    ...unfilled(placed, target).map(({ name }) => `column ${name} must have a value, and nothing comes for it`),
    ...placed.flatMap(({ target: to }) => (to?.isGenerated ? [`column ${to.name} is generated`] : [])),
  ];
  if (broken.length > 0) throw mismatch(table, broken, options);
  return options.contract === 'evolve' ? evolved(table, placed) : { changes: [], notes: [], placed };
}

const nameBytesMax = 63;

function checkColumns(options: SinkOptions, table: Required<TableName>, staged: readonly StagedColumn[]): void {
  const long = staged.filter(({ name }) => Buffer.byteLength(name) > nameBytesMax);
  const known = new Set(staged.map(({ name }) => name));
  const needed = [...(options.key ?? []), ...(options.orderBy === undefined ? [] : [options.orderBy])];
  const broken = [
    ...long.map(({ name }) => `the name of column ${name} is longer than ${nameBytesMax} bytes`),
    ...needed.filter((name) => !known.has(name)).map((name) => `column ${name} of key or orderBy does not come`),
  ];
  if (broken.length > 0) throw mismatch(table, broken, options);
}

/** What makes the load impossible under the contract. */
function difference({ contract }: SinkOptions, { staged, target, fit, widened }: Placed): string[] {
  const types = `column ${staged.name} comes as ${staged.type}; the table has ${target?.type ?? 'no such column'}`;
  if (fit === 'impossible') return [types];
  if (contract === 'freeze' && (fit === 'missing' || fit === 'narrow')) return [types];
  return contract === 'evolve' && fit === 'narrow' && widened === undefined && !target?.isEnum ? [types] : [];
}

function created(options: SinkOptions, table: Required<TableName>, staged: readonly StagedColumn[]): Agreement {
  const key = options.key === undefined ? '' : `, PRIMARY KEY (${options.key.map(quotedName).join(', ')})`;
  const columns = staged.map(({ name, type }) => `${quotedName(name)} ${type}`).join(', ');
  return {
    changes: [`CREATE TABLE ${quotedTable(table)} (${columns}${key})`],
    notes: [`created ${tableText(table)}`],
    placed: staged.map((column) => ({ staged: column, fit: 'same', target: asTarget(column) })),
  };
}

const asTarget = ({ name, type }: StagedColumn) => ({
  ...{ name, type, isNotNull: false, hasDefault: false, isGenerated: false, isEnum: false },
});

function evolved(table: Required<TableName>, placed: readonly Placed[]): Agreement {
  const alter = `ALTER TABLE ${quotedTable(table)}`;
  const changes: string[] = [];
  const notes: string[] = [];
  const after = placed.map((one): Placed => {
    const { staged, target, fit, widened } = one;
    if (target === undefined) {
      changes.push(`${alter} ADD COLUMN ${quotedName(staged.name)} ${staged.type}`);
      notes.push(`added ${staged.name} ${staged.type}`);
      return { staged, fit: 'same', target: asTarget(staged) };
    }
    if (fit !== 'narrow' || widened === undefined) return one;
    changes.push(`${alter} ALTER COLUMN ${quotedName(target.name)} TYPE ${widened}`);
    notes.push(`widened ${target.name} from ${target.type} to ${widened}`);
    return { staged, fit: widened === staged.type ? 'same' : 'wider', target: { ...target, type: widened } };
  });
  return { changes, notes, placed: after };
}

const mismatch = (table: Required<TableName>, broken: readonly string[], { contract }: SinkOptions): SheafError =>
  new SheafError('SCHEMA_MISMATCH', `The rows do not fit the table ${tableText(table)}: ${broken.join('; ')}`, {
    next:
      contract === 'freeze'
        ? 'Change the transformation or the table, or let the table evolve (contract: "evolve").'
        : 'Change the transformation or the table.',
  });
