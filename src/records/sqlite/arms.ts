import { nameOf, numberOf } from '../../database/row.ts';
import { allRecordStates } from '../check-query.ts';
import type { RecordState } from '../dump-record.ts';
import type { RecordOrder } from '../dump-records.ts';
import { isOneOf, joinSql, type Queries, type Sql } from './queries.ts';
import { isHashHit, isInRange, isInStates, isOfAllTime, type Selection } from './selection.ts';
import { readTotals } from './totals.ts';

/** The orders of the list: the column that comes first (then `id`), and the index that has it. */
export const orderColumns = {
  TIME: { column: 'time_us', index: 'records_by_time' },
  DURATION: { column: 'duration_sec', index: 'records_by_duration' },
  SIZE: { column: 'size_bytes', index: 'records_by_size' },
  VM: { column: 'dom', index: 'records_by_vm' },
} as const satisfies Record<RecordOrder['by'], { column: string; index: string }>;

/** One SELECT of `number`, `key`, `id` over part of the selected records; together, the arms are all of them, each once. */
export type Arm = Sql;

/**
 * Chooses how to read the selected records in an order. `bound` restricts key and id (a cursor), `range` the time.
 *
 * - Streams: an index that has the very order, one per state or per instance and state. Costs what is read.
 * - Gathering: few records, found by another index and sorted.
 * - Scanning: many records; the order's index is read and tested. Costs what is skipped, which many matches keep short.
 */
export function chooseArms(queries: Queries, selection: Selection, by: RecordOrder['by'], bound: Sql | null): Arm[] {
  const { instances, states, hash } = selection;
  const { column, index } = orderColumns[by];
  const arm = (from: string, conditions: readonly Sql[]): Arm => {
    const all = joinSql(bound === null ? conditions : [...conditions, bound], ' AND ');
    return { text: `SELECT number, ${column} AS key, id FROM records ${from} WHERE ${all.text}`, values: all.values };
  };
  const inRange = isInRange(selection);
  const inOrder = (state: RecordState, test: readonly Sql[] = []) =>
    arm(`INDEXED BY ${index}`, [isInStates([state]), inRange, ...test]);

  if (hash !== null && hash.hits === null) return states.map((state) => inOrder(state, [matches(selection)]));
  const arms = hash === null ? [] : [arm('NOT INDEXED', [isHashHit(selection), isInStates(states), inRange])];
  if (instances?.length === 0) return arms;
  if (by === 'TIME') {
    if (instances === null) return states.map((state) => inOrder(state));
    const streams = findStreams(queries, instances, states);
    if (streams.length <= queries.limits.streams) {
      const conditions = streams.map(({ instance, state }) => [isInstance(instance), isInStates([state]), inRange]);
      return [...arms, ...conditions.map((condition) => arm('INDEXED BY records_by_instance', condition))];
    }
  }
  const amongThem = instances === null ? [] : [isOneOf('instance', instances)];
  const gathering = instances === null ? 'records_by_time' : 'records_by_instance';
  const testing = by === 'VM' && instances !== null ? [...amongThem, isBetweenNames(instances)] : amongThem;
  const isWhole = instances === null && isOfAllTime(selection);
  for (const state of states) {
    arms.push(
      !isWhole && isFew(queries, selection, state)
        ? arm(`INDEXED BY ${gathering}`, [isInStates([state]), inRange, ...amongThem])
        : inOrder(state, testing),
    );
  }
  return arms;
}

function isFew(queries: Queries, selection: Selection, state: RecordState): boolean {
  const { dumps } = readTotals(queries, { ...selection, states: [state], hash: null });
  return dumps <= queries.limits.gathered;
}

/** What a search means, tested record by record. */
function matches({ instances, hash }: Selection): Sql {
  const inHash: Sql = { text: 'instr(lower(sha256), ?) > 0', values: [hash?.part ?? ''] };
  const byHash = hash?.among == null ? inHash : joinSql([isOneOf('instance', hash.among), inHash], ' AND ');
  const either = joinSql([isOneOf('instance', instances ?? []), byHash], ' OR ');
  return { text: `(${either.text})`, values: either.values };
}

function isInstance(instance: number): Sql {
  return { text: 'instance = ?', values: [instance] };
}

/** In the order of names, the scan starts and ends where the names of these instances do. */
function isBetweenNames(instances: readonly number[]): Sql {
  const among = isOneOf('number', instances);
  const text = `dom >= (SELECT min(dom) FROM record_instances WHERE ${among.text})
    AND dom <= (SELECT max(dom) FROM record_instances WHERE ${among.text})`;
  return { text, values: [...among.values, ...among.values] };
}

/** The pairs of instance and state that have records: one more than can be used at most. */
function findStreams(queries: Queries, instances: readonly number[], states: readonly RecordState[]) {
  const conditions = joinSql([isOneOf('instance', instances), isInStates(states)], ' AND ');
  const text = `SELECT instance, state FROM record_totals WHERE ${conditions.text} AND dumps > 0 LIMIT ?`;
  const rows = queries.all({ text, values: [...conditions.values, queries.limits.streams + 1] });
  return rows.map((row) => ({ instance: numberOf(row, 'instance'), state: nameOf(row, 'state', allRecordStates) }));
}
