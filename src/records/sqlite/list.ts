import { numberOf, type Row, rowOf, textOf } from '../../database/row.ts';
import type { RecordOrder, RecordPage, RecordPageQuery } from '../dump-records.ts';
import { type Place, pageSteps, type Reading, toRow } from '../page-steps.ts';
import { chooseArms, orderColumns } from './arms.ts';
import { joinSql, type Queries, type Sql } from './queries.ts';
import { fromRow } from './record-row.ts';
import type { Selection } from './selection.ts';
import { locate } from './totals.ts';

interface Entry extends Place {
  readonly number: number;
}

export function readPage(queries: Queries, selection: Selection | null, query: RecordPageQuery): RecordPage {
  const steps = pageSteps<Entry>(query);
  let step = steps.next();
  while (!step.done) step = steps.next(selection === null ? [] : readEntries(queries, selection, step.value));
  const { entries, ...edges } = step.value;
  const rows = entries.map((entry) => {
    const row = queries.first({ text: 'SELECT * FROM records WHERE number = ?', values: [entry.number] });
    return toRow(query.order, entry, fromRow(rowOf(row)));
  });
  return { rows, ...edges, source: 'CATALOGUE', warnings: [] };
}

function readEntries(queries: Queries, whole: Selection, reading: Reading): Entry[] {
  const { order, after, before, limit } = reading;
  let selection = whole;
  let offset = reading.offset ?? 0;
  if (offset > 0 && order.by === 'TIME' && whole.hash === null && after === undefined) {
    const located = locate(queries, whole, order.direction, offset);
    if (located === null) return [];
    ({ selection, offset } = located);
  }
  const [lower, upper] = order.direction === 'ASC' ? [after, before] : [before, after];
  const bounds = [
    ...(lower === undefined ? [] : [compare(order, '>', lower)]),
    ...(upper === undefined ? [] : [compare(order, '<', upper)]),
  ];
  if (order.by === 'TIME') selection = narrow(selection, lower, upper);
  const arms = chooseArms(queries, selection, order.by, bounds.length === 0 ? null : joinSql(bounds, ' AND '));
  if (arms.length === 0) return [];
  const union = joinSql(arms, ' UNION ALL ');
  const text = `${union.text} ORDER BY key ${order.direction}, id ${order.direction} LIMIT ? OFFSET ?`;
  return queries.all({ text, values: [...union.values, limit, offset] }).map(toEntry);
}

function toEntry(row: Row): Entry {
  const { key } = row;
  return {
    number: numberOf(row, 'number'),
    key: typeof key === 'string' ? key : numberOf(row, 'key'),
    id: textOf(row, 'id'),
  };
}

/** The same selection without the time that lies beyond the places: SQLite then starts there, whichever bound it chooses. */
function narrow(selection: Selection, lower: Place | undefined, upper: Place | undefined): Selection {
  return {
    ...selection,
    fromUs: Math.max(selection.fromUs, Number(lower?.key ?? 0)),
    untilUs: Math.min(selection.untilUs, Number(upper?.key ?? selection.untilUs) + 1),
  };
}

function compare({ by }: RecordOrder, operator: '<' | '>', { key, id }: Place): Sql {
  return { text: `(${orderColumns[by].column}, id) ${operator} (?, ?)`, values: [key, id] };
}
