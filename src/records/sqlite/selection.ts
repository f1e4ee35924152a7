import { numberOf } from '../../database/row.ts';
import type { CheckedFilter } from '../check-query.ts';
import { maxTimeUs } from '../check-query.ts';
import type { RecordState } from '../dump-record.ts';
import { isOneOf, joinSql, type Queries, type Sql } from './queries.ts';

/** Which records a filter means, in the terms of the tables. */
export interface Selection {
  readonly states: readonly RecordState[];
  readonly fromUs: number;
  readonly untilUs: number;
  /** Numbers of the instances that are meant; null for all. */
  readonly instances: readonly number[] | null;
  /** What a search adds to the instances whose name it found: records of `among` (null for all) with this in the hash. */
  readonly hash: HashSearch | null;
}

export interface HashSearch {
  readonly part: string;
  readonly among: readonly number[] | null;
  /** The records' numbers; null if there are too many to list. */
  readonly hits: readonly number[] | null;
}

/** Settles everything that is said of names. Null where nothing can match. */
export function select(queries: Queries, filter: CheckedFilter): Selection | null {
  const { states, fromUs, untilUs, vms, search, hashPart } = filter;
  if (filter.empty) return null;
  const among = vms === null ? null : findInstances(queries, [isAnyOf(vms)]);
  if (among?.length === 0) return null;
  const range = { states, fromUs, untilUs };
  if (search === null) return { ...range, instances: among, hash: null };

  const named: Sql = { text: 'instr(lower(dom), lower(?)) > 0', values: [search] };
  const instances = findInstances(queries, among === null ? [named] : [named, isOneOf('number', among)]);
  const hits = hashPart === null ? [] : findHashes(queries, hashPart);
  if (instances.length === 0 && hits?.length === 0) return null;
  const hash = hashPart === null || hits?.length === 0 ? null : { part: hashPart, among, hits };
  return { ...range, instances, hash };
}

/** Whether it means all of time. */
export function isOfAllTime({ fromUs, untilUs }: Selection): boolean {
  return fromUs === 0 && untilUs === maxTimeUs;
}

/** `state IN (…)`: the words are our own. */
export function isInStates(states: readonly RecordState[]): Sql {
  return { text: `state IN (${states.map((state) => `'${state}'`).join(', ')})`, values: [] };
}

export function isInRange({ fromUs, untilUs }: { readonly fromUs: number; readonly untilUs: number }): Sql {
  return { text: 'time_us >= ? AND time_us < ?', values: [fromUs, untilUs] };
}

/** The records that a search finds by their hash alone, without those that its instances bring already. */
export function isHashHit({ hash, instances }: Selection): Sql {
  if (hash === null) return { text: 'FALSE', values: [] };
  const conditions: Sql[] = [
    hash.hits === null
      ? { text: 'number IN (SELECT rowid FROM record_hashes WHERE sha256 LIKE ?)', values: [`%${hash.part}%`] }
      : isOneOf('number', hash.hits),
  ];
  if (hash.among !== null) conditions.push(isOneOf('instance', hash.among));
  if (instances !== null && instances.length > 0) {
    const named = isOneOf('instance', instances);
    conditions.push({ text: `NOT (${named.text})`, values: named.values });
  }
  return joinSql(conditions, ' AND ');
}

function isAnyOf(vms: readonly string[]): Sql {
  return joinSql([isOneOf('dom', vms), isOneOf('vmid', vms), isOneOf('machine_id', vms)], ' OR ');
}

function findInstances(queries: Queries, conditions: readonly Sql[]): number[] {
  const condition = joinSql(conditions, ' AND ');
  const text = `SELECT number FROM record_instances WHERE ${condition.text} ORDER BY number`;
  return queries.all({ text, values: condition.values }).map((row) => numberOf(row, 'number'));
}

function findHashes(queries: Queries, part: string): number[] | null {
  const text = 'SELECT rowid AS number FROM record_hashes WHERE sha256 LIKE ? LIMIT ?';
  const rows = queries.all({ text, values: [`%${part}%`, queries.limits.gathered + 1] });
  return rows.length > queries.limits.gathered ? null : rows.map((row) => numberOf(row, 'number'));
}
