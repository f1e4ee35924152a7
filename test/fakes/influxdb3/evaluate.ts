import type { Expression } from './sql-parser.ts';
import type { ColumnType, StoredRow } from './store.ts';

export type ValueType = 'timestamp' | 'int' | 'float' | 'string' | 'bool' | 'null';
export type Value = string | number | bigint | boolean | null;

/** An expression that is ready to be asked for rows: its type is known before, as in the server. */
export interface Compiled {
  readonly type: ValueType;
  /** The column that it is, also under a cast: its metadata goes along with it. */
  readonly column: string | null;
  of(row: StoredRow): Value;
}

export interface Scope {
  readonly table: string;
  readonly columns: ReadonlyMap<string, ColumnType>;
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** A failure that the server reports as the caller's. */
export class PlanError extends Error {}

const valueTypes: Record<ColumnType, ValueType> = {
  timestamp: 'timestamp',
  tag: 'string',
  float: 'float',
  integer: 'int',
  uinteger: 'int',
  string: 'string',
  boolean: 'bool',
};

const castTypes: Readonly<Record<string, ValueType>> = {
  BIGINT: 'int',
  VARCHAR: 'string',
  DOUBLE: 'float',
  BOOLEAN: 'bool',
};

export const dayNs = 86_400_000_000_000n;

export function compile(expression: Expression, scope: Scope): Compiled {
  const plain = (type: ValueType, of: Compiled['of'], column: string | null = null): Compiled => ({ type, column, of });
  switch (expression.kind) {
    case 'literal':
      return plain(typeOf(expression.value), () => expression.value);
    case 'parameter': {
      const value = scope.parameters[expression.name];
      if (value === undefined) throw new PlanError(`no value for the parameter $${expression.name}`);
      if (value === null || typeof value === 'object') throw new PlanError(`bad parameter $${expression.name}`);
      return plain(typeOf(value as Value), () => value as Value);
    }
    case 'column': {
      const type = scope.columns.get(expression.name);
      if (type === undefined) {
        const valid = [...scope.columns.keys()].sort().map((name) => `${scope.table}.${name}`);
        throw new PlanError(`Schema error: No field named ${expression.name}. Valid fields are ${valid.join(', ')}.`);
      }
      return plain(valueTypes[type], (row) => row.get(expression.name) ?? null, expression.name);
    }
    case 'cast':
      return compileCast(compile(expression.of, scope), expression.to);
    case 'in': {
      const of = compile(expression.of, scope);
      const list = expression.list.map((item) => compile(item, scope));
      return plain('bool', (row) => list.some((item) => compare('=', of, item, row)));
    }
    case 'null': {
      const of = compile(expression.of, scope);
      return plain('bool', (row) => (of.of(row) === null) !== expression.not);
    }
    case 'binary':
      return compileBinary(expression.operator, compile(expression.left, scope), compile(expression.right, scope));
    case 'call':
      return compileCall(expression, scope);
    case 'interval':
      throw new PlanError('an interval stands alone');
    default:
      return expression satisfies never;
  }
}

function compileBinary(operator: string, left: Compiled, right: Compiled): Compiled {
  const bool = (of: (row: StoredRow) => boolean): Compiled => ({ type: 'bool', column: null, of });
  switch (operator) {
    case 'AND':
      return bool((row) => left.of(row) === true && right.of(row) === true);
    case 'OR':
      return bool((row) => left.of(row) === true || right.of(row) === true);
    case 'LIKE':
      return bool((row) => like(left.of(row), right.of(row)));
    case '/':
      if (left.type !== 'int' || right.type !== 'int') throw new PlanError('only integers are divided here');
      return { type: 'int', column: null, of: (row) => (left.of(row) as bigint) / (right.of(row) as bigint) };
    default:
      checkComparable(left, right);
      return bool((row) => compare(operator, left, right, row));
  }
}

function compileCast(inner: Compiled, to: string): Compiled {
  const type = castTypes[to];
  if (type === undefined) throw new PlanError(`This feature is not implemented: cast to ${to}`);
  const of = (row: StoredRow): Value => {
    const value = inner.of(row);
    if (value === null || inner.type === type) return value;
    if (type === 'string') return String(value);
    if (type === 'int' && inner.type === 'timestamp') return value;
    throw new PlanError(`cast of ${inner.type} to ${to}`);
  };
  return { type, column: inner.column, of };
}

function compileCall(call: Extract<Expression, { kind: 'call' }>, scope: Scope): Compiled {
  const list = () => call.arguments.map((argument) => compile(argument, scope));
  const computed = (type: ValueType, of: Compiled['of']): Compiled => ({ type, column: null, of });
  switch (call.name) {
    case 'coalesce': {
      const values = list();
      const types = new Set(values.map(({ type }) => type).filter((type) => type !== 'null'));
      if (types.size > 1 && ![...types].every((type) => type === 'int' || type === 'float'))
        throw new PlanError(`coalesce of ${[...types].join(' and ')}`);
      const type = types.size > 1 ? 'float' : ([...types][0] ?? 'null');
      return computed(type, (row) => values.map((value) => value.of(row)).find((value) => value !== null) ?? null);
    }
    case 'concat': {
      const values = list();
      if (values.some(({ type }) => type !== 'string')) throw new PlanError('concat of something that is no text');
      return computed('string', (row) => values.map((value) => value.of(row) ?? '').join(''));
    }
    case 'translate': {
      const [text, from, to] = list() as [Compiled, Compiled, Compiled];
      return computed('string', (row) => {
        const value = text.of(row);
        if (value === null) return null;
        const [before, after] = [[...String(from.of(row))], [...String(to.of(row))]];
        return [...String(value)].map((letter) => after[before.indexOf(letter)] ?? letter).join('');
      });
    }
    case 'date_trunc': {
      const [unit, time] = list() as [Compiled, Compiled];
      if (unit.of(new Map()) !== 'microsecond') throw new PlanError('only microseconds are cut here');
      return computed('timestamp', (row) => cut(time.of(row), 1000n));
    }
    case 'date_bin': {
      const [width, time] = call.arguments;
      const seconds = width?.kind === 'interval' ? /^(\d+) seconds$/.exec(width.text)?.[1] : undefined;
      const isDay = width?.kind === 'interval' && width.text === '1 day';
      if ((seconds === undefined && !isDay) || time === undefined)
        throw new PlanError('only days and seconds are cut here');
      const lengthNs = seconds === undefined ? dayNs : BigInt(seconds) * 1_000_000_000n;
      const inner = compile(time, scope);
      return computed('timestamp', (row) => cut(inner.of(row), lengthNs));
    }
    default:
      throw new PlanError(`Error during planning: Invalid function '${call.name}'`);
  }
}

function cut(time: Value, width: bigint): bigint | null {
  return time === null ? null : (time as bigint) - ((time as bigint) % width);
}

function typeOf(value: Value): ValueType {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return 'int';
  if (typeof value === 'number') return 'float';
  return typeof value === 'string' ? 'string' : 'bool';
}

const isNumber = (type: ValueType) => type === 'int' || type === 'float';

function checkComparable(left: Compiled, right: Compiled): void {
  const [a, b] = [left.type, right.type];
  const isTime = (x: ValueType, y: ValueType) => x === 'timestamp' && (y === 'string' || y === 'int');
  if (a === b || a === 'null' || b === 'null' || (isNumber(a) && isNumber(b)) || isTime(a, b) || isTime(b, a)) return;
  throw new PlanError(`Error during planning: cannot compare ${a} with ${b}`);
}

function compare(operator: string, left: Compiled, right: Compiled, row: StoredRow): boolean {
  const [a, b] = [toComparable(left.of(row), right.type), toComparable(right.of(row), left.type)];
  if (a === null || b === null) return false;
  const order = compareValues(a, b);
  switch (operator) {
    case '=':
      return order === 0;
    case '<>':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      throw new PlanError(`no operator ${operator}`);
  }
}

/** Texts that are compared with a time are times. */
function toComparable(value: Value, other: ValueType): Value {
  return other === 'timestamp' && typeof value === 'string' ? readTimeAgain(value) : value;
}

const readTimes = new Map<string, bigint>();
/** A statement compares each of thousands of rows with the same two or three. */
function readTimeAgain(text: string): bigint {
  const known = readTimes.get(text);
  if (known !== undefined) return known;
  if (readTimes.size > 1_000) readTimes.clear();
  const time = readTime(text);
  readTimes.set(text, time);
  return time;
}

/** ISO 8601 in UTC with up to nine digits of a second. */
export function readTime(text: string): bigint {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(text);
  if (match === null) throw new PlanError(`Parser error: Error parsing timestamp from '${text}'`);
  return BigInt(Date.parse(`${match[1]}Z`)) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}

/** Texts by their UTF-8 bytes, as Arrow compares them. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0;
}

function like(value: Value, pattern: Value): boolean {
  if (value === null || pattern === null) return false;
  const parts = String(pattern).replace(/\\([\s\S])|([%_])|([^\w\s])/gu, (_, escaped, wildcard, other) => {
    if (wildcard !== undefined) return wildcard === '%' ? '[\\s\\S]*' : '[\\s\\S]';
    const letter = escaped ?? other;
    return /\w/.test(letter) ? letter : `\\u{${letter.codePointAt(0).toString(16)}}`;
  });
  return new RegExp(`^${parts}$`, 'u').test(String(value));
}
