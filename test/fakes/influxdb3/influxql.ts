import { compareValues, compile, dayNs, PlanError, type Scope, type Value } from './evaluate.ts';
import {
  allColumns,
  describe,
  findTable,
  matching,
  parse,
  type QueryContext,
  type Result,
  type ResultColumn,
  sum,
} from './query.ts';
import type { Expression, Statement } from './sql-parser.ts';
import type { StoredRow } from './store.ts';

// Of InfluxQL's keywords those that a name might be by mistake (a real influxd has shown one).
const keywords = new Set(
  'ALL ANY AS ASC BEGIN BY DATABASE DEFAULT DESC DESTINATIONS DISTINCT DROP DURATION END EVERY FIELD FOR FROM GROUP IN INF KEY KEYS LIMIT NAME OFFSET ON ORDER PASSWORD POLICY QUERY REPLICATION SELECT SERIES SET SHARD SHOW TAG TO USER VALUES WHERE WITH WRITE'.split(
    ' ',
  ),
);

export function runInfluxQl(text: string, context: QueryContext): Result {
  const statement = parseInfluxQl(text);
  const measurement = statement.table;
  const table = findTable(statement.table, context);
  const head: ResultColumn = { name: 'time', type: 'timestamp', origin: 'iox::column_type::timestamp' };
  if (table === undefined) return { columns: [head], rows: [] };
  // What a table does not have is null, not an error.
  const columns = new Map(table.columns);
  for (const name of namesIn(statement)) if (!columns.has(name)) columns.set(name, 'string');
  for (const name of parametersIn(statement)) {
    if (context.parameters[name] === undefined)
      throw new PlanError(
        `Error during planning: Bind parameter '$${name}' was referenced in the InfluxQL statement but its value is undefined.`,
      );
  }
  const scope: Scope = { table: measurement, columns, parameters: context.parameters };
  const rows = matching(statement, table, scope, context);
  const direction = statement.orderBy[0]?.descending ? -1 : 1;
  const byTime = [...rows].sort((a, b) => direction * compareValues(a.get('time') ?? 0n, b.get('time') ?? 0n));
  if (statement.star) {
    const all = allColumns(table).filter(({ name }) => name !== 'time');
    const compiled = all.map(({ expression }) => compile(expression, scope));
    const values = byTime.map((row) => [row.get('time') ?? null, ...compiled.map((column) => column.of(row))]);
    const described = [head, ...describe(all, compiled, scope)];
    return { measurement, columns: described, rows: values.slice(0, statement.limit ?? undefined) };
  }
  return group(statement, byTime, scope, head);
}

function group(statement: Statement, rows: readonly StoredRow[], scope: Scope, head: ResultColumn): Result {
  const fields = statement.selected.filter(({ expression }) => expression.kind === 'column');
  // A field that no point has: nothing.
  if (fields.length > 0 && namesIn(fields).every((name) => rows.every((row) => !row.has(name))))
    return { columns: [head], rows: [] };
  const [by] = statement.groupBy;
  const isTime = by?.kind === 'call' && by.name === 'time';
  const tag = by?.kind === 'column' ? by.name : null;
  const groups = Map.groupBy(rows, (row) => {
    const time = row.get('time') as bigint;
    return isTime ? time - (time % dayNs) : tag === null ? 0n : (row.get(tag) ?? '');
  });
  const described: ResultColumn[] = [
    head,
    ...(tag === null ? [] : [{ name: tag, type: 'string' as const, origin: 'iox::column_type::tag' }]),
  ];
  const results: Value[][] = [];
  for (const [key, members] of [...groups].sort(([a], [b]) => compareValues(a, b))) {
    const values = statement.selected.map(({ expression }) => aggregateQl(expression, members, scope));
    if (values.every((list) => list.length === 0)) continue;
    const length = Math.max(...values.map((list) => list.length));
    for (let at = 0; at < length; at += 1) {
      results.push([
        isTime ? (key as bigint) : 0n,
        ...(tag === null ? [] : [key]),
        ...values.map((list) => list[at] ?? null),
      ]);
    }
  }
  const computed = statement.selected.map(({ expression, name }): ResultColumn => {
    const inner = expression.kind === 'call' ? expression.arguments[0] : undefined;
    const type = inner && compile(inner, scope).type;
    const counts = expression.kind === 'call' && expression.name === 'count';
    return { name, type: counts ? 'int' : (type ?? 'null'), origin: null };
  });
  return {
    measurement: statement.table,
    groupedBy: tag === null ? [] : [tag],
    columns: [...described, ...computed],
    rows: results,
  };
}

/** One value per row of the result; none where nothing is there. */
function aggregateQl(expression: Expression, rows: readonly StoredRow[], scope: Scope): Value[] {
  if (expression.kind !== 'call' || expression.arguments[0]?.kind !== 'column')
    throw new PlanError('Error during planning: not an aggregate of a field');
  const { name } = expression.arguments[0];
  // An aggregate of a tag plans to an empty relation.
  if (scope.columns.get(name) === 'tag') return [];
  const values = rows.map((row) => row.get(name) ?? null).filter((value) => value !== null);
  if (values.length === 0) return [];
  switch (expression.name) {
    case 'count':
      return [BigInt(values.length)];
    case 'sum':
      return [sum(values)];
    case 'distinct':
      return [...new Set(values)];
    default:
      throw new PlanError(`Error during planning: ${expression.name}`);
  }
}

/** As the server says it, of what it cannot read. */
function unread(text: string): PlanError {
  return new PlanError(
    `Error during planning: invalid InfluxQL statement at pos 0. Parsing Error: Nom(${JSON.stringify(text)}, Tag)`,
  );
}

function parseInfluxQl(text: string): Statement {
  let statement: Statement;
  try {
    statement = parse(text);
  } catch {
    throw unread(text);
  }
  if (statement.selected.some(({ name }) => keywords.has(name.toUpperCase()))) throw unread(text);
  return statement;
}

function parametersIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const node = value as { kind?: string; name?: string };
  return node.kind === 'parameter' && node.name ? [node.name] : Object.values(value).flatMap(parametersIn);
}

function namesIn(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return [];
  const node = value as { kind?: string; name?: string };
  return [...(node.kind === 'column' && node.name ? [node.name] : []), ...Object.values(value).flatMap(namesIn)];
}
