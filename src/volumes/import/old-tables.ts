import { MemoirError } from '../../domain/memoir-error.ts';

/** A row of the old daemon's `device_mappings`: where it believed a volume to be. */
export interface OldMapping {
  readonly volumeId: string;
  readonly machineId: string;
  readonly devicePath: string;
  readonly sizeBytes: number;
  /** Of the operation that created it; null where the dump has none. */
  readonly name: string | null;
}

type Row = ReadonlyMap<string, string | null>;

const maxRows = 100_000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** mysqldump(1): in a string a backslash begins one of these, and a quote is doubled. */
const escapes: Readonly<Record<string, string>> = { 0: '\0', n: '\n', r: '\r', t: '\t', Z: '\x1a' };

/**
 * Reads the old daemon's tables from what mysqldump wrote of its database. Strict: BAD_INPUT with the table and the row where anything is not as
 * that daemon wrote it. Other tables are passed over.
 */
export function parseOldTables(sql: string): readonly OldMapping[] {
  const mappings = rowsOf(sql, 'device_mappings');
  if (mappings === null)
    throw new MemoirError('BAD_INPUT', 'there is no table device_mappings in the file', {
      hint: 'Make it with: mysqldump DATABASE device_mappings volume_operations > FILE',
    });
  const names = new Map((rowsOf(sql, 'volume_operations') ?? []).flatMap(nameIn));
  return mappings.map((row, index) => {
    const at = `device_mappings, row ${index + 1}`;
    const volumeId = idIn(row, 'volume_id', at);
    const sizeBytes = Number(textIn(row, 'size', at));
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 1) throw wrong(at, 'size is not a number of bytes');
    const devicePath = textIn(row, 'device_path', at);
    return { volumeId, machineId: idIn(row, 'vm_id', at), devicePath, sizeBytes, name: names.get(volumeId) ?? null };
  });
}

/** The name that a volume was created with. */
function nameIn(row: Row, index: number): readonly (readonly [string, string])[] {
  const at = `volume_operations, row ${index + 1}`;
  if (textIn(row, 'type', at) !== 'create' || row.get('volume_id') == null) return [];
  try {
    const { name } = JSON.parse(row.get('request') ?? '{}') as { name?: unknown };
    return typeof name === 'string' ? [[idIn(row, 'volume_id', at), name]] : [];
  } catch (cause) {
    throw wrong(at, 'request is not JSON', cause);
  }
}

function textIn(row: Row, column: string, at: string): string {
  const value = row.get(column);
  if (value == null) throw wrong(at, `there is no ${column}`);
  return value;
}

/** The old daemon wrote some ids with a prefix. */
function idIn(row: Row, column: string, at: string): string {
  const id = textIn(row, column, at).toLowerCase().replace(/^vol-/, '');
  if (!uuid.test(id)) throw wrong(at, `${column} is not a UUID`);
  return id;
}

/** The rows of a table; null where the file does not have it. */
function rowsOf(sql: string, table: string): Row[] | null {
  const created = new RegExp(`CREATE TABLE (?:IF NOT EXISTS )?\`?${table}\`? \\(([\\s\\S]*?)\\n\\)`).exec(sql)?.[1];
  const inTable =
    created === undefined ? null : [...created.matchAll(/^\s*`([^`]+)`/gm)].map(([, name]) => name as string);
  const rows: Row[] = [];
  const insert = new RegExp(`^INSERT INTO \`?${table}\`?\\s*(?:\\(([^)]*)\\))?\\s*VALUES\\s*`, 'gm');
  for (let found = insert.exec(sql); found !== null; found = insert.exec(sql)) {
    const columns = found[1]?.split(',').map((name) => name.trim().replaceAll('`', '')) ?? inTable;
    if (columns === null) throw wrong(table, 'its columns are not named');
    const tuples = new Tuples(sql, insert.lastIndex, table);
    for (const values of tuples.read()) {
      const at = `${table}, row ${rows.length + 1}`;
      if (values.length !== columns.length) throw wrong(at, `${values.length} values for ${columns.length} columns`);
      if (rows.length >= maxRows) throw wrong(at, `there are more than ${maxRows} rows`);
      rows.push(new Map(columns.map((name, index) => [name, values[index] ?? null])));
    }
    insert.lastIndex = tuples.position;
  }
  return rows.length === 0 && inTable === null ? null : rows;
}

/** `(1,'a',NULL),(…);` */
class Tuples {
  position: number;
  readonly #text: string;
  readonly #table: string;

  constructor(text: string, position: number, table: string) {
    this.#text = text;
    this.position = position;
    this.#table = table;
  }

  *read(): Generator<(string | null)[]> {
    do {
      this.#take('(');
      const values = [this.#value()];
      while (this.#skips(',')) values.push(this.#value());
      this.#take(')');
      yield values;
    } while (this.#skips(','));
    this.#take(';');
  }

  #value(): string | null {
    if (this.#skips("'")) return this.#string();
    const [plain = ''] = /^[^,()'\s]+/.exec(this.#text.slice(this.position, this.position + 64)) ?? [];
    if (!/^(NULL|-?\d+(\.\d+)?)$/.test(plain)) throw this.#wrong();
    this.position += plain.length;
    return plain === 'NULL' ? null : plain;
  }

  #string(): string {
    let value = '';
    for (;;) {
      const sign = this.#text[this.position++];
      if (sign === undefined) throw this.#wrong();
      if (sign === '\\') {
        const escaped = this.#text[this.position++] ?? '';
        value += escapes[escaped] ?? escaped;
      } else if (sign !== "'") value += sign;
      else if (this.#text[this.position] !== "'") return value;
      else {
        value += "'";
        this.position++;
      }
    }
  }

  #skips(sign: string): boolean {
    while (/\s/.test(this.#text[this.position] ?? '')) this.position++;
    if (this.#text[this.position] !== sign) return false;
    this.position++;
    return true;
  }

  #take(sign: string): void {
    if (!this.#skips(sign)) throw this.#wrong();
  }

  #wrong(): MemoirError {
    const line = this.#text.slice(0, this.position).split('\n').length;
    return wrong(this.#table, `line ${line} is not what mysqldump writes`);
  }
}

const wrong = (at: string, what: string, cause?: unknown): MemoirError =>
  new MemoirError('BAD_INPUT', `${at}: ${what}`, cause === undefined ? {} : { cause });
