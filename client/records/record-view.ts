import type {
  DumpRecordFilter,
  DumpRecordOrder,
  DumpRecordSort,
  RecordState,
  SortDirection,
} from '../api/generated/graphql.ts';
import { startOfDay, type Zone } from '../format/moment.ts';

/** What the table of records shows, as the address says it; absent means the default. */
export interface RecordView {
  readonly search: string;
  readonly vm: string;
  /** Days, `2026-11-21`, both included; empty for no bound. */
  readonly from: string;
  readonly until: string;
  readonly state: RecordState | '';
  readonly sort: DumpRecordSort;
  readonly direction: SortDirection;
  /** From 1. */
  readonly page: number;
  readonly size: number;
}

export const pageSizes = [25, 50, 100] as const;

export const defaultView: RecordView = {
  search: '',
  vm: '',
  from: '',
  until: '',
  state: '',
  sort: 'TIME',
  direction: 'DESC',
  page: 1,
  size: 50,
};

const sorts: readonly DumpRecordSort[] = ['TIME', 'DURATION', 'SIZE', 'VM'];
const states: readonly RecordState[] = ['AVAILABLE', 'DELETED', 'DAMAGED'];

/** Reads the view out of an address; what makes no sense there is the default, never an error. */
export function readRecordView(query: string): RecordView {
  const given = new URLSearchParams(query);
  const one = <T>(choices: readonly T[], value: unknown, otherwise: T): T =>
    choices.find((choice) => String(choice) === value) ?? otherwise;
  const day = (name: string) => (startOfDay(given.get(name) ?? '', 'UTC') ? (given.get(name) as string) : '');
  const page = Number(given.get('page'));
  return {
    search: (given.get('q') ?? '').slice(0, 200),
    vm: given.get('vm') ?? '',
    from: day('from'),
    until: day('until'),
    state: one<RecordState | ''>(states, given.get('state'), ''),
    sort: one(sorts, given.get('sort'), defaultView.sort),
    direction: one<SortDirection>(['ASC', 'DESC'], given.get('direction'), defaultView.direction),
    page: Number.isSafeInteger(page) && page > 0 ? page : 1,
    size: one<number>(pageSizes, given.get('size'), defaultView.size),
  };
}

/** The view as an address says it, defaults left out; begins with `?` unless it is empty. */
export function writeRecordView(view: RecordView): string {
  const given = new URLSearchParams();
  for (const name of Object.keys(defaultView) as (keyof RecordView)[]) {
    if (view[name] !== defaultView[name]) given.set(name === 'search' ? 'q' : name, String(view[name]));
  }
  const text = given.toString();
  return text === '' ? '' : `?${text}`;
}

/** Whether anything narrows the list down (order and page do not). */
export function isFiltered(view: RecordView): boolean {
  return [view.search, view.vm, view.from, view.until, view.state].some((value) => value !== '');
}

/** The same as the API wants it. The last day counts as a whole, in the zone that the person reads. */
export function recordFilter(view: RecordView, zone: Zone): DumpRecordFilter {
  const from = startOfDay(view.from, zone);
  const until = startOfDay(view.until, zone, 1);
  return {
    ...(view.search.trim() === '' ? {} : { search: view.search.trim() }),
    ...(view.vm === '' ? {} : { vms: [view.vm] }),
    ...(from === null ? {} : { from }),
    ...(until === null ? {} : { until }),
    ...(view.state === '' ? {} : { states: [view.state] }),
  };
}

export function recordOrder(view: RecordView): DumpRecordOrder {
  return { by: view.sort, direction: view.direction };
}
