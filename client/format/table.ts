import type { Field, Table } from 'apache-arrow';
import { cutText, padText, printable, textWidth } from './text.ts';
import { columnValues, formatValue, isNumeric } from './value.ts';

/** How much of a table is shown, and how. */
export interface FormatOptions {
  /** Width at which a value is cut. Default 60. */
  readonly cellCharacters?: number;
  /** Rows shown; what is left out is said below the table. Default all. */
  readonly rows?: number;
}

/** Of floating-point numbers: what computers add beyond is noise to people. */
const digits = 12;

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
  const texts = columnTexts(table, shown);
  const columns = table.schema.fields.map((field, place) => columnText(field, texts[place] ?? [], cellCharacters));
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

/** The first values of each column. */
function columnTexts(table: Table, rows: number): string[][] {
  const texts: string[][] = table.schema.fields.map(() => []);
  let left = rows;
  for (const batch of table.batches) {
    const shown = Math.min(batch.numRows, left);
    left -= shown;
    columnValues(batch.slice(0, shown)).forEach(({ field, get }, place) => {
      for (let row = 0; row < shown; row++) texts[place]?.push(formatValue(get(row), field, digits));
    });
  }
  return texts;
}

function columnText(field: Field, values: readonly string[], widthMax: number): ColumnText {
  const cells = values.map((text) => cutText(printable(text), widthMax));
  const name = cutText(printable(field.name), widthMax);
  const width = cells.reduce((widest, cell) => Math.max(widest, textWidth(cell)), textWidth(name));
  return { name, cells, width, side: isNumeric(field) ? 'right' : 'left' };
}

const line = (columns: readonly ColumnText[], cell: (column: ColumnText) => string): string =>
  `│ ${columns.map(cell).join(' │ ')} │`;

const rule = (columns: readonly ColumnText[], left: string, middle: string, right: string): string =>
  left + columns.map(({ width }) => '─'.repeat(width + 2)).join(middle) + right;
