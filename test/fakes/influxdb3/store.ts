import { type LineFailure, type ParsedLine, parseLine, type StoredValue, splitLines } from './lines.ts';

export type ColumnType = 'timestamp' | 'tag' | 'float' | 'integer' | 'uinteger' | 'string' | 'boolean';

/** A point: its columns by name; `time` is always there, in nanoseconds. */
export type StoredRow = ReadonlyMap<string, StoredValue>;

export interface Table {
  readonly columns: Map<string, ColumnType>;
  /** By identity: tags and time. */
  readonly rows: Map<string, Map<string, StoredValue>>;
}

/** The limits of InfluxDB 3 Core. */
const maxDatabases = 5;
const maxColumns = 500;

const tenMinutesNs = 600_000_000_000n;

/**
 * What InfluxDB 3 Core keeps, in memory: databases are made by the first write; a table's columns have one type for ever; a
 * point written again keeps the fields that the new line does not name.
 */
export class Store {
  readonly databases = new Map<string, Map<string, Table>>();
  /** Every line that was ever taken, in order: what tests count. */
  readonly taken: string[] = [];

  table(database: string, name: string): Table | undefined {
    return this.databases.get(database)?.get(name);
  }

  /** Why there is no such database, and none can be made. */
  refusal(database: string): 'NAME' | 'LIMIT' | null {
    if (!/^[a-zA-Z0-9][\w-]*$/.test(database)) return 'NAME';
    return this.databases.has(database) || this.databases.size < maxDatabases ? null : 'LIMIT';
  }

  createTable(database: string, name: string, columns: Iterable<readonly [string, ColumnType]>): boolean {
    const tables = this.#tables(database);
    if (tables.has(name)) return false;
    tables.set(name, { columns: new Map([['time', 'timestamp'], ...columns]), rows: new Map() });
    return true;
  }

  /** Takes the good lines, or with `partial` false all of them or none; answers what was wrong with the others. */
  write(database: string, body: string, partial: boolean, nowNs: bigint): LineFailure[] {
    const tables = this.#tables(database);
    const failures: LineFailure[] = [];
    const good: { text: string; line: ParsedLine }[] = [];
    const added = new Map<string, ColumnType>();
    splitLines(body).forEach((text, index) => {
      try {
        const line = parseLine(text);
        checkTypes(line, tables.get(line.measurement), added);
        good.push({ text, line });
      } catch (error) {
        // One that was understood is shown as it was understood: without the quotes of its texts.
        const shown = error instanceof SchemaError ? text.replaceAll('"', '') : text;
        failures.push({ text: shown, number: index + 1, message: (error as Error).message });
      }
    });
    if (failures.length > 0 && !partial) return failures;
    for (const { text, line } of good) {
      this.taken.push(text);
      this.#take(database, line, nowNs);
    }
    return failures;
  }

  /** The files of ten minutes that hold points of a table within [from, until). */
  files(table: Table, fromNs: bigint, untilNs: bigint): number {
    const slots = new Set<bigint>();
    for (const row of table.rows.values()) {
      const time = row.get('time') as bigint;
      if (time >= fromNs && time < untilNs) slots.add(time / tenMinutesNs);
    }
    return slots.size;
  }

  /** Points whose time is before this are no longer seen, as after a restart of a server that looks back only so far. */
  forgetBefore(database: string, name: string, timeNs: bigint): void {
    const table = this.table(database, name);
    for (const [key, row] of table?.rows ?? []) if ((row.get('time') as bigint) < timeNs) table?.rows.delete(key);
  }

  #tables(database: string): Map<string, Table> {
    let tables = this.databases.get(database);
    if (tables === undefined) {
      tables = new Map();
      this.databases.set(database, tables);
    }
    return tables;
  }

  #take(database: string, line: ParsedLine, nowNs: bigint): void {
    this.createTable(database, line.measurement, []);
    const table = this.table(database, line.measurement) as Table;
    const time = line.time ?? nowNs;
    const identity = JSON.stringify([[...line.tags].sort(), String(time)]);
    const row = table.rows.get(identity) ?? new Map<string, StoredValue>([['time', time]]);
    for (const [key, value] of line.tags) {
      table.columns.set(key, 'tag');
      row.set(key, value);
    }
    for (const [key, { type, value }] of line.fields) {
      table.columns.set(key, type);
      row.set(key, value);
    }
    table.rows.set(identity, row);
  }
}

/** A line that its table cannot take. */
class SchemaError extends Error {}

function checkTypes(line: ParsedLine, table: Table | undefined, added: Map<string, ColumnType>): void {
  const wanted: [string, ColumnType][] = [
    ...[...line.tags.keys()].map((key): [string, ColumnType] => [key, 'tag']),
    ...[...line.fields].map(([key, { type }]): [string, ColumnType] => [key, type]),
  ];
  for (const [key, type] of wanted) {
    const expected = table?.columns.get(key) ?? added.get(`${line.measurement} ${key}`);
    if (expected !== undefined && expected !== type) {
      const kind = (column: ColumnType) =>
        column === 'tag' ? 'iox::column_type::tag' : `iox::column_type::field::${column}`;
      throw new SchemaError(`invalid column type for column '${key}', expected ${kind(expected)}, got ${kind(type)}`);
    }
    added.set(`${line.measurement} ${key}`, type);
  }
  const names = new Set([...(table?.columns.keys() ?? ['time']), ...wanted.map(([key]) => key)]);
  if (names.size > maxColumns)
    throw new SchemaError(`Update to schema would exceed number of columns per table limit of ${maxColumns} columns`);
}
