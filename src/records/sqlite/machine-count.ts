import { allRecordStates } from '../check-query.ts';
import { isOneOf, joinSql, type Queries, type Sql } from './queries.ts';
import { everyInstance } from './schema.ts';
import { isHashHit, isInRange, isInStates, isOfAllTime, type Selection } from './selection.ts';

/** How many machines the selected records are of: by the hypervisor's id, so that a machine stays one when it is renamed. */
export function countMachines(queries: Queries, selection: Selection, dumps: number): number {
  // Every instance was numbered for a record, and records stay.
  const everything = { text: 'SELECT machine_id FROM record_instances', values: [] };
  if (isUnrestricted(selection)) return countDistinct(queries, everything);
  const few = dumps <= queries.limits.readPerInstance * countInstances(queries);
  const parts = [few ? machinesOfRecords(selection) : machinesOfTotals(selection)];
  if (selection.hash !== null) parts.push(machinesOfHashes(selection));
  return countDistinct(queries, joinSql(parts, ' UNION ALL '));
}

function isUnrestricted(selection: Selection): boolean {
  const { instances, hash, states } = selection;
  return instances === null && hash === null && states.length === allRecordStates.length && isOfAllTime(selection);
}

function countDistinct(queries: Queries, machines: Sql): number {
  const text = `SELECT count(DISTINCT machine_id) AS machines FROM (${machines.text})`;
  return Number(queries.first({ text, values: machines.values })?.machines);
}

function countInstances(queries: Queries): number {
  const row = queries.first({ text: 'SELECT max(number) AS instances FROM record_instances', values: [] });
  return Number(row?.instances ?? 0);
}

function machinesOfRecords(selection: Selection): Sql {
  const { instances, states } = selection;
  const conditions = joinSql(
    [isInStates(states), isInRange(selection), ...(instances === null ? [] : [isOneOf('instance', instances)])],
    ' AND ',
  );
  const index = instances === null ? 'records_by_time' : 'records_by_instance';
  const text = `
    SELECT machine_id FROM record_instances
    WHERE number IN (SELECT instance FROM records INDEXED BY ${index} WHERE ${conditions.text})`;
  return { text, values: conditions.values };
}

/** Where an instance's first or last record is in the range, it has one; records are asked only where neither is. */
function machinesOfTotals({ instances, states, fromUs, untilUs }: Selection): Sql {
  const among: Sql =
    instances === null ? { text: 'instance <> ?', values: [everyInstance] } : isOneOf('instance', instances);
  const text = `
    SELECT machine_id FROM record_totals AS t JOIN record_instances ON number = instance
    WHERE ${among.text} AND ${isInStates(states).text} AND dumps > 0 AND last_us >= ? AND first_us < ?
      AND (first_us >= ? OR last_us < ? OR EXISTS (
        SELECT 1 FROM records AS r INDEXED BY records_by_instance
        WHERE r.instance = t.instance AND r.state = t.state AND r.time_us >= ? AND r.time_us < ?))`;
  return { text, values: [...among.values, fromUs, untilUs, fromUs, untilUs, fromUs, untilUs] };
}

function machinesOfHashes(selection: Selection): Sql {
  const conditions = joinSql([isHashHit(selection), isInStates(selection.states), isInRange(selection)], ' AND ');
  return { text: `SELECT machine_id FROM records NOT INDEXED WHERE ${conditions.text}`, values: conditions.values };
}
