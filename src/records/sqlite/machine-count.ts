import { isOneOf, joinSql, type Queries, type Sql } from './queries.ts';
import { isHashHit, isInRange, isInStates, isUnrestricted, type Selection } from './selection.ts';

/** How many machines the selected records are of: by the hypervisor's id, so that a machine stays one when it is renamed. */
export function countMachines(queries: Queries, selection: Selection, dumps: number): number {
  if (isUnrestricted(selection) && selection.hash === null) {
    return count(queries, { text: 'SELECT machine_id FROM record_instances', values: [] });
  }
  const parts = [fewRecords(queries, dumps) ? machinesOfRecords(selection) : machinesByLookup(selection)];
  if (selection.hash !== null) parts.push(machinesOfHashes(selection));
  return count(queries, joinSql(parts, ' UNION ALL '));
}

/** Reading the records beats asking every instance whether it has one, where there are fewer records than instances. */
function fewRecords(queries: Queries, dumps: number): boolean {
  const row = queries.first({ text: 'SELECT max(number) AS instances FROM record_instances', values: [] });
  return dumps < Number(row?.instances ?? 0);
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

function machinesByLookup(selection: Selection): Sql {
  const { instances, states } = selection;
  const conditions = joinSql([isInStates(states), isInRange(selection)], ' AND ');
  const among = instances === null ? { text: 'TRUE', values: [] } : isOneOf('i.number', instances);
  const text = `
    SELECT machine_id FROM record_instances AS i
    WHERE EXISTS (SELECT 1 FROM records INDEXED BY records_by_instance WHERE instance = i.number AND ${conditions.text})
      AND ${among.text}`;
  return { text, values: [...conditions.values, ...among.values] };
}

function machinesOfHashes(selection: Selection): Sql {
  const conditions = joinSql([isHashHit(selection), isInStates(selection.states), isInRange(selection)], ' AND ');
  return { text: `SELECT machine_id FROM records NOT INDEXED WHERE ${conditions.text}`, values: conditions.values };
}

function count(queries: Queries, machines: Sql): number {
  const text = `SELECT count(DISTINCT machine_id) AS machines FROM (${machines.text})`;
  return Number(queries.first({ text, values: machines.values })?.machines);
}
