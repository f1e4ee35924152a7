/** Characters that a terminal obeys in place of showing them, and those that turn a text around (Unicode TR 9, TR 36). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** A text from outside as it can be shown: names of machines are whatever someone called them. */
export function plain(text: string): string {
  return text.replaceAll(unsafe, (sign) => `\\u${sign.codePointAt(0)?.toString(16).padStart(4, '0')}`);
}

/** Two columns of a terminal: East Asian Wide and Fullwidth (Unicode UAX 11) as far as names have them, and emoji. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]/u;

const columnsOfSign = (sign: string): number => (/\p{M}/u.test(sign) ? 0 : wide.test(sign) ? 2 : 1);

/** How many columns of a terminal a text takes. */
export const columnsOf = (text: string): number => [...text].reduce((sum, sign) => sum + columnsOfSign(sign), 0);

/** The beginning of a text, as much as fits; what is left out is told by its last sign. */
export function fit(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let shown = '';
  let left = columns - 1;
  for (const sign of text) {
    left -= columnsOfSign(sign);
    if (left < 0) break;
    shown += sign;
  }
  return `${shown}…`;
}

/** Bytes for people: 1023 B, 1.0 KiB, 200 MiB. */
export function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** Seconds for people: 0.4 s, 12 s, 3 min 20 s. */
export function seconds(count: number): string {
  if (count < 10) return `${count.toFixed(1)} s`;
  if (count < 120) return `${Math.round(count)} s`;
  const whole = Math.round(count);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** Rows under a head, in columns as wide as they need; nothing for no rows. */
export function table(head: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cells = [head, ...rows.map((row) => row.map((cell) => (cell === null ? '-' : plain(String(cell)))))];
  const widths = head.map((_, column) => Math.max(...cells.map((row) => columnsOf(row[column] ?? ''))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - columnsOf(cell))),
      )
      .join('  ')
      .trimEnd();
  return cells.map(line).join('\n');
}
