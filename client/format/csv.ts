/** What a cell may hold: numbers stay numbers, nothing is an empty cell. */
export type Cell = string | number | boolean | null;

/**
 * Starts of text that a spreadsheet would run as a formula (OWASP, CSV Injection), also in full width and behind blanks or
 * quotes that it ignores.
 */
const formula = /^[\s"'\u00a0\u3000]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;

/** One line by RFC 4180, without its end. A text that looks like a formula gets an apostrophe in front and stays text. */
export function csvLine(cells: readonly Cell[]): string {
  return cells.map(csvCell).join(',');
}

export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const safe = formula.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** So that spreadsheets take the file for UTF-8. */
export const byteOrderMark = '\ufeff';
export const lineEnd = '\r\n';
