import type { Field, Table } from 'apache-arrow';
import { formatColumns, isNumeric } from './columns.ts';
import { cutText, padText, printable, textWidth } from './text.ts';

export interface FormatOptions {
  /** Width at which a value is cut. Default 60. */
  readonly cellCharacters?: number;
  /** Rows shown; what is left out is said below the table. Default all. */
  readonly rows?: number;
}

interface ColumnText {
  readonly name: string;
  readonly cells: readonly string[];
  readonly side: 'left' | 'right';
  readonly width: number;
}

/**
 * An Arrow table as text with lines around its cells, for people. Control characters in the data are shown as escapes.
 *
 * @example `process.stdout.write(formatTable(await routes.limit(10).collect()) + '\n')`
 */
export function formatTable(table: Table, { cellCharacters = 60, rows = Infinity }: FormatOptions = {}): string {
  const shown = Math.min(rows, table.numRows);
  const values = formatColumns(table, shown);
  const columns = table.schema.fields.map((field, index) => columnText(field, values[index] ?? [], cellCharacters));
  const below = shown < table.numRows ? [`${shown} of ${table.numRows} rows`] : [];
  return [
    rule(columns, '┌', '┬', '┐'),
    line(columns, ({ name, side, width }) => padText(name, width, side)),
    rule(columns, '├', '┼', '┤'),
    ...Array.from({ length: shown }, (_, row) =>
      line(columns, ({ cells, side, width }) => padText(cells[row] ?? '', width, side)),
    ),
    rule(columns, '└', '┴', '┘'),
    ...below,
  ].join('\n');
}

function columnText(field: Field, values: readonly string[], widthMax: number): ColumnText {
  const cells = values.map((text) => cutText(printable(text), widthMax));
  const shortName = cutText(printable(field.name), widthMax);
  const width = cells.reduce((widest, cell) => Math.max(widest, textWidth(cell)), textWidth(shortName));
  return { name: shortName, cells, width, side: isNumeric(field) ? 'right' : 'left' };
}

const line = (columns: readonly ColumnText[], cell: (column: ColumnText) => string): string =>
  `│ ${columns.map(cell).join(' │ ')} │`;

const rule = (columns: readonly ColumnText[], left: string, middle: string, right: string): string =>
  left + columns.map(({ width }) => '─'.repeat(width + 2)).join(middle) + right;
