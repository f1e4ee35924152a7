import { MemoirError } from '../domain/memoir-error.ts';
import { namesOf } from '../domain/table.ts';
import { type RecordState, recordStates } from './dump-record.ts';
import { type RecordFilter, type RecordOrder, type RecordPageQuery, recordOrders } from './dump-records.ts';

const maxSearchLength = 200;
const maxVms = 1_000;
const maxLimit = 1_000;

/** The end of time for records: epoch microseconds stay exact as numbers up to here (the year 2255). */
export const maxTimeUs = Number.MAX_SAFE_INTEGER;

/** A filter that was checked, with every condition spelled out. */
export interface CheckedFilter {
  /** Null where the filter does not restrict. */
  readonly vms: readonly string[] | null;
  readonly states: readonly RecordState[];
  readonly fromUs: number;
  readonly untilUs: number;
  /** Part of a name; null where the filter does not restrict. */
  readonly search: string | null;
  /** The same text where it may be part of a hash too, in lower case; null where it cannot. */
  readonly hashPart: string | null;
  /** Nothing can match: an empty range, or an empty list of things to choose from. */
  readonly empty: boolean;
}

export const allRecordStates = namesOf(recordStates);

/** Three or more hexadecimal digits: anything shorter is in nearly every hash, anything else in none. */
const hashPattern = /^[0-9a-f]{3,64}$/i;

/** Refuses what makes no sense (BAD_INPUT); every implementation answers the same filter in the same way. */
export function checkFilter(filter: RecordFilter): CheckedFilter {
  const { search = '', vms, states } = filter;
  if (search.length > maxSearchLength) throw badInput(`search has more than ${maxSearchLength} characters`);
  if (vms !== undefined && vms.length > maxVms) throw badInput(`vms names more than ${maxVms} machines`);
  for (const state of states ?? []) {
    if (!allRecordStates.includes(state)) throw badInput(`states has no value ${JSON.stringify(state)}`);
  }
  const fromUs = checkTime('from', filter.fromUs, 0);
  const untilUs = checkTime('until', filter.untilUs, maxTimeUs);
  const checked = {
    vms: vms === undefined ? null : [...new Set(vms)],
    states: states === undefined ? allRecordStates : allRecordStates.filter((state) => states.includes(state)),
    fromUs,
    untilUs,
    search: search === '' ? null : search,
    hashPart: hashPattern.test(search) ? search.toLowerCase() : null,
  };
  return { ...checked, empty: fromUs >= untilUs || checked.states.length === 0 || checked.vms?.length === 0 };
}

/** Checks everything of a page but its cursors, which belong to the implementation. */
export function checkPage(query: RecordPageQuery): void {
  const { limit, offset, order } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > maxLimit) throw badInput(`limit is not within 1 to ${maxLimit}`);
  if (offset !== undefined && !(Number.isSafeInteger(offset) && offset >= 0)) {
    throw badInput('offset is not a whole number from 0 on');
  }
  if (offset !== undefined && query.before !== undefined) throw badInput('offset and before exclude each other');
  if (query.fromEnd === true && (offset !== undefined || query.after !== undefined)) {
    throw badInput('the end of the list excludes offset and after');
  }
  checkOrder(order);
}

function checkOrder({ by, direction }: RecordOrder): void {
  if (!recordOrders.includes(by)) throw badInput(`there is no order ${JSON.stringify(by)}`);
  if (direction !== 'ASC' && direction !== 'DESC') throw badInput(`there is no direction ${JSON.stringify(direction)}`);
}

function checkTime(name: string, timeUs: number | undefined, absent: number): number {
  if (timeUs === undefined) return absent;
  if (Number.isNaN(timeUs)) throw badInput(`${name} is not a time`);
  return Math.min(maxTimeUs, Math.max(0, Math.ceil(timeUs)));
}

function badInput(message: string): MemoirError {
  return new MemoirError('BAD_INPUT', message);
}
