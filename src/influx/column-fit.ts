import type { InfluxClient } from './influx-client.ts';
import { isInfluxError } from './influx-error.ts';

/** Types of a table's columns, as DataFusion's `information_schema` names them: `Float64`, `Int64`, `UInt64`, `Utf8`. */
export type ColumnTypes = ReadonlyMap<string, string>;

/**
 * The first point that is ever written decides the types of a table's columns. A table that a script began with numbers
 * without `i` has float columns, and every line of ours with an integer there would be refused for ever. This client writes
 * what it is given, and when that is refused once more with the numbers in the types that the table has. It remembers
 * nothing: a table that is made anew gets our own types. A fraction that meets an integer column is rounded.
 */
export function fitColumns(client: InfluxClient): InfluxClient {
  async function typesOf(tables: readonly string[]): Promise<ReadonlyMap<string, ColumnTypes>> {
    const types = new Map<string, Map<string, string>>();
    for (const table of tables) {
      const rows = await client.sql(columnTypesQuery(table));
      types.set(table, new Map(rows.map((row) => [String(row.column_name), String(row.data_type)])));
    }
    return types;
  }

  return {
    ...client,
    async write(lines, signal) {
      try {
        await client.write(lines, signal);
      } catch (error) {
        if (!isInfluxError(error, 'BAD_LINE')) throw error;
        const tables = [...new Set(lines.map(measurementOf))];
        // Where the types cannot be had, the refusal is what there is to say.
        const types = await typesOf(tables).catch(() => null);
        const fitted = lines.map((line) => fitLine(line, types?.get(measurementOf(line)) ?? new Map()));
        if (fitted.every((line, at) => line === lines[at])) throw error;
        await client.write(fitted, signal);
      }
    },
  };
}

/** Table names are words of our own. */
export const columnTypesQuery = (table: string) => ({
  text: `SELECT column_name, data_type FROM information_schema.columns WHERE table_name = '${table}'`,
});

const measurementOf = (line: string): string => /^\w*/.exec(line)?.[0] ?? '';

/** `key=value` as line-protocol.ts writes fields; the value of a string ends at a quote that no backslash precedes. */
const field = /([a-z0-9_]+)=("(?:[^"\\]|\\.)*"|[^,\s"]+)/gsy;

/** The same point with its numbers in the types of the table; a line that is none of ours stays as it is. */
export function fitLine(line: string, types: ColumnTypes): string {
  // Tags hold no plain blank: the first one ends them.
  const tags = /^(?:[^ \\]|\\.)* /s.exec(line)?.[0];
  if (tags === undefined) return line;
  let fitted = tags;
  field.lastIndex = tags.length;
  let end = tags.length;
  for (let match = field.exec(line); match !== null; match = field.exec(line)) {
    const [, key, value] = match as unknown as [string, string, string];
    fitted += `${key}=${fitValue(value, types.get(key))}`;
    end = field.lastIndex;
    if (line[end] !== ',') break;
    fitted += ',';
    field.lastIndex = end + 1;
  }
  return fitted + line.slice(end);
}

function fitValue(value: string, type: string | undefined): string {
  const number = /^-?[0-9.]+(?:e[+-]?\d+)?i?$/i.test(value) ? value.replace(/i$/, '') : null;
  if (number === null) return value;
  if (type === 'Float64') return number;
  if (type !== 'Int64' && type !== 'UInt64') return value;
  const whole = /^-?\d+$/.test(number) ? number : String(Math.round(Number(number)));
  return type === 'Int64' ? `${whole}i` : `${whole}u`;
}
