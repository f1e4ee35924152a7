import {
  type Compiled,
  compareValues,
  compile,
  PlanError,
  readTime,
  type Scope,
  type Value,
  type ValueType,
} from './evaluate.ts';
import { type Expression, parseStatement, type Selected, type Statement } from './sql-parser.ts';
import type { ColumnType, Store, StoredRow, Table } from './store.ts';

export interface ResultColumn {
  readonly name: string;
  readonly type: ValueType;
  /** `iox::column::type`: on columns of tables, also renamed and cast; not on what is computed. */
  readonly origin: string | null;
}

export interface Result {
  /** Of InfluxQL: what was asked, and the tags that it was grouped by. */
  readonly measurement?: string;
  readonly groupedBy?: readonly string[];
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Value[])[];
}

export interface QueryContext {
  readonly store: Store;
  readonly database: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Files that a query may read; null for any number. */
  readonly fileLimit: number | null;
}

/** A failure on the server's side. */
export class ServerError extends Error {}

const aggregates = ['count', 'sum', 'max', 'last', 'distinct'];

export function runSql(text: string, context: QueryContext): Result {
  const statement = parse(text);
  if (statement.table === 'information_schema.columns') return listColumns(text, context);
  const table = findTable(statement.table, context);
  if (table === undefined)
    throw new PlanError(`Error during planning: table 'public.iox.${statement.table}' not found`);
  const scope: Scope = { table: statement.table, columns: table.columns, parameters: context.parameters };
  const rows = matching(statement, table, scope, context);
  if (statement.groupBy.length > 0 || statement.selected.some(({ expression }) => holdsAggregate(expression))) {
    return aggregate(statement, rows, scope);
  }
  const selected = [...(statement.star ? allColumns(table) : []), ...statement.selected];
  const compiled = selected.map(({ expression }) => compile(expression, scope));
  const order = statement.orderBy.map(({ expression, descending }) => ({ by: compile(expression, scope), descending }));
  const sorted = [...rows].sort((a, b) => {
    for (const { by, descending } of order) {
      const difference = compareValues(by.of(a), by.of(b));
      if (difference !== 0) return descending ? -difference : difference;
    }
    return 0;
  });
  let values = sorted.map((row) => compiled.map((column) => column.of(row)));
  if (statement.distinct) values = [...new Map(values.map((row) => [JSON.stringify(row, bigints), row])).values()];
  const end = statement.limit === null ? undefined : statement.offset + statement.limit;
  return { columns: describe(selected, compiled, scope), rows: values.slice(statement.offset, end) };
}

function aggregate(statement: Statement, rows: readonly StoredRow[], scope: Scope): Result {
  const ordinal = (expression: Expression): Expression =>
    expression.kind === 'literal' && typeof expression.value === 'bigint'
      ? (statement.selected[Number(expression.value) - 1]?.expression ?? expression)
      : expression;
  const keys = statement.groupBy.map((expression) => compile(ordinal(expression), scope));
  const groups =
    keys.length === 0
      ? [[...rows]]
      : [
          ...Map.groupBy(rows, (row) =>
            JSON.stringify(
              keys.map((key) => key.of(row)),
              bigints,
            ),
          ).values(),
        ];
  const values = groups.map((members) =>
    statement.selected.map(({ expression }) =>
      holdsAggregate(expression)
        ? aggregateSql(expression, members, scope)
        : compile(expression, scope).of(members[0] as StoredRow),
    ),
  );
  values.sort((a, b) => (statement.orderBy.length === 0 ? 0 : compareValues(a[0] ?? null, b[0] ?? null)));
  const columns = statement.selected.map(
    ({ expression, name }): ResultColumn => ({ name, type: aggregateType(expression, scope), origin: null }),
  );
  return { columns, rows: values };
}

function aggregateSql(expression: Expression, rows: readonly StoredRow[], scope: Scope): Value {
  if (expression.kind === 'cast') return aggregateSql(expression.of, rows, scope);
  if (expression.kind !== 'call') throw new PlanError('an aggregate stands alone');
  if (expression.name === 'count' && expression.star) return BigInt(rows.length);
  const inner = compile(expression.arguments[0] as Expression, scope);
  const values = rows.map((row) => inner.of(row)).filter((value) => value !== null);
  if (expression.name === 'count') return BigInt(values.length);
  if (values.length === 0) return null;
  if (expression.name === 'sum') return sum(values);
  if (expression.name === 'max') return values.reduce((a, b) => (compareValues(a, b) < 0 ? b : a));
  throw new PlanError(`no aggregate ${expression.name}`);
}

function aggregateType(expression: Expression, scope: Scope): ValueType {
  if (!holdsAggregate(expression)) return compile(expression, scope).type;
  if (expression.kind === 'cast') return 'int';
  if (expression.kind !== 'call' || expression.name === 'count') return 'int';
  return compile(expression.arguments[0] as Expression, scope).type;
}

export function sum(values: readonly Value[]): Value {
  return typeof values[0] === 'bigint'
    ? (values as bigint[]).reduce((a, b) => a + b, 0n)
    : (values as number[]).reduce((a, b) => a + b, 0);
}

export function parse(text: string): Statement {
  try {
    return parseStatement(text);
  } catch (error) {
    throw new PlanError(`SQL error: ${(error as Error).message}`);
  }
}

export function findTable(name: string, { store, database }: QueryContext): Table | undefined {
  if (!store.databases.has(database))
    throw new ServerError(`Cannot retrieve database: External error: database not found: ${database}`);
  return store.table(database, name);
}

/** As DataFusion names them. */
const dataTypes: Readonly<Record<ColumnType, string>> = {
  timestamp: 'Timestamp(Nanosecond, None)',
  tag: 'Dictionary(Int32, Utf8)',
  float: 'Float64',
  integer: 'Int64',
  uinteger: 'UInt64',
  string: 'Utf8',
  boolean: 'Boolean',
};

function listColumns(text: string, context: QueryContext): Result {
  const [, types, name] =
    /^SELECT column_name(, data_type)? FROM information_schema\.columns WHERE table_name = '(\w+)'$/.exec(text) ?? [];
  if (name === undefined) throw new PlanError(`This feature is not implemented: ${text}`);
  const columns = [...(findTable(name, context)?.columns ?? [])].sort(([a], [b]) => compareValues(a, b));
  return {
    columns: ['column_name', ...(types === undefined ? [] : ['data_type'])].map((column) => ({
      name: column,
      type: 'string',
      origin: null,
    })),
    rows: columns.map(([column, type]) => (types === undefined ? [column] : [column, dataTypes[type]])),
  };
}

export function matching(statement: Statement, table: Table, scope: Scope, context: QueryContext): StoredRow[] {
  if (statement.where !== null && hidesTime(statement.where))
    throw new ServerError(
      "Error while planning query: External error: unable to analyze provided filters for a boundary on the time column: Internal error: Only intervals with the same data type are comparable, lhs:Null, rhs:Timestamp(Nanosecond, None).\nThis issue was likely caused by a bug in DataFusion's code. Please help us to resolve this by filing a bug report in our issue tracker: https://github.com/apache/datafusion/issues",
    );
  const [from, until] = bounds(statement.where);
  if (from >= until)
    throw new ServerError(
      'Error while planning query: External error: provided filters on time column did not produce a valid set of boundaries',
    );
  const files = context.store.files(table, from, until);
  if (context.fileLimit !== null && files > context.fileLimit) {
    throw new ServerError(
      `Error while planning query: External error: Query would exceed file limit of ${context.fileLimit} parquet files. Please specify a smaller time range for your query. You can increase the file limit with the \`--query-file-limit\` option in the serve command, however, query performance will be slower and the server may get OOM killed or become unstable as a result`,
    );
  }
  const where: Compiled | null = statement.where && compile(statement.where, scope);
  return [...table.rows.values()].filter((row) => where === null || where.of(row) === true);
}

const isTime = (expression: Expression) => expression.kind === 'column' && expression.name === 'time';
const comparisons = ['=', '<', '>', '<=', '>='];

/** Whether time stands in the condition otherwise than compared as it is: InfluxDB 3 cannot plan that. */
function hidesTime(expression: Expression): boolean {
  switch (expression.kind) {
    case 'column':
      return isTime(expression);
    case 'binary': {
      const sides = [expression.left, expression.right];
      return sides.some((side) => !(comparisons.includes(expression.operator) && isTime(side)) && hidesTime(side));
    }
    case 'call':
      return expression.arguments.some(hidesTime);
    case 'in':
      return [expression.of, ...expression.list].some(hidesTime);
    case 'cast':
    case 'null':
      return hidesTime(expression.of);
    default:
      return false;
  }
}

/** What the server chooses files by: comparisons of time with a literal that are AND-ed at the top. */
function bounds(where: Expression | null): [bigint, bigint] {
  if (where?.kind !== 'binary') return [-(2n ** 63n), 2n ** 63n];
  if (where.operator === 'AND') {
    const [[a, b], [c, d]] = [bounds(where.left), bounds(where.right)];
    return [a > c ? a : c, b < d ? b : d];
  }
  const { left, right, operator } = where;
  if (left.kind === 'column' && left.name === 'time' && right.kind === 'literal') {
    const time = typeof right.value === 'string' ? readTime(right.value) : (right.value as bigint);
    if (operator === '>=') return [time, 2n ** 63n];
    if (operator === '<') return [-(2n ** 63n), time];
  }
  return [-(2n ** 63n), 2n ** 63n];
}

function holdsAggregate(expression: Expression): boolean {
  if (expression.kind === 'cast') return holdsAggregate(expression.of);
  return expression.kind === 'call' && aggregates.includes(expression.name);
}

export function allColumns(table: Table): Selected[] {
  return [...table.columns.keys()].sort().map((name) => ({ name, expression: { kind: 'column', name } }));
}

export function describe(selected: readonly Selected[], compiled: readonly Compiled[], scope: Scope): ResultColumn[] {
  return compiled.map(({ type, column }, at) => ({
    name: selected[at]?.name ?? '',
    type,
    origin: column === null ? null : originOf(scope, column),
  }));
}

function originOf(scope: Scope, column: string): string {
  const type = scope.columns.get(column);
  return `iox::column_type::${type === 'tag' || type === 'timestamp' ? type : `field::${type}`}`;
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
