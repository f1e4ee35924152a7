import { numberOf, textOf } from '../../database/row.ts';
import { allRecordStates } from '../check-query.ts';
import { maxListedMachines, type RecordMachine } from '../dump-records.ts';
import { isOneOf, joinSql, type Queries, type Sql } from './queries.ts';
import { everyInstance } from './schema.ts';
import { isHashHit, isInRange, isInStates, isOfAllTime, type Selection } from './selection.ts';

/** The machines that the selected records are of, by the hypervisor's id, those that were dumped last first. */
export function listMachines(queries: Queries, selection: Selection): RecordMachine[] {
  // Each row of `found` is an instance with its number of dumps and the time of the last. SQLite takes name and number from
  // the row that has the maximum.
  const found = joinSql(
    [isInTotals(selection) ? fromTotals(selection) : fromRecords(selection), ...fromHashes(selection)],
    ' UNION ALL ',
  );
  const text = `
    SELECT machine_id, dom, vmid, sum(dumps) AS dumps, max(last_us) AS last_us
    FROM (${found.text}) JOIN record_instances ON number = instance
    GROUP BY machine_id ORDER BY last_us DESC, machine_id LIMIT ${maxListedMachines}`;
  return queries.all({ text, values: found.values }).map((row) => ({
    machineId: textOf(row, 'machine_id'),
    dom: textOf(row, 'dom'),
    vmid: textOf(row, 'vmid'),
    dumps: Number(row.dumps),
    lastDumpUs: numberOf(row, 'last_us'),
  }));
}

/** A record that changed its state leaves its time in the totals of the old one: they tell the last of all states together. */
function isInTotals(selection: Selection): boolean {
  return isOfAllTime(selection) && selection.states.length === allRecordStates.length;
}

function among(instances: Selection['instances']): Sql {
  return instances === null ? { text: 'instance <> ?', values: [everyInstance] } : isOneOf('instance', instances);
}

function fromTotals({ instances }: Selection): Sql {
  const { text, values } = among(instances);
  return { text: `SELECT instance, dumps, last_us FROM record_totals WHERE ${text} AND last_us IS NOT NULL`, values };
}

function fromRecords(selection: Selection): Sql {
  const { instances, states } = selection;
  const conditions = joinSql([isInStates(states), isInRange(selection), among(instances)], ' AND ');
  const index = instances === null ? 'records_by_time' : 'records_by_instance';
  return {
    text: `SELECT instance, count(*) AS dumps, max(time_us) AS last_us FROM records INDEXED BY ${index}
      WHERE ${conditions.text} GROUP BY instance`,
    values: conditions.values,
  };
}

function fromHashes(selection: Selection): Sql[] {
  if (selection.hash === null) return [];
  const conditions = joinSql([isHashHit(selection), isInStates(selection.states), isInRange(selection)], ' AND ');
  const text = `SELECT instance, count(*) AS dumps, max(time_us) AS last_us FROM records NOT INDEXED
    WHERE ${conditions.text} GROUP BY instance`;
  return [{ text, values: conditions.values }];
}
