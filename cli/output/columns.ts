/**
 * Rows of texts under headings, for people: `sheaf jobs`, `sheaf workers`. The first column to the left, numbers to the
 * right.
 */
export function textColumns(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        isNumber(rows[0]?.[column]) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [headings, ...rows].map((row) => `${line(row)}\n`).join('');
}

const isNumber = (text: string | undefined): boolean => /^\d[\d.,]*( ?\S{1,3})?$/.test(text ?? '');
