import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliCreateScheduleDocument,
  CliDeleteScheduleDocument,
  CliPauseScheduleDocument,
  CliResumeScheduleDocument,
  CliScheduleDueTimesDocument,
  type CliScheduleFragment,
  CliSchedulesDocument,
} from '../generated/graphql.ts';
import { plain, table } from '../text.ts';

export interface TimingOptions {
  readonly cron?: string;
  readonly zone: string;
  /** Seconds. */
  readonly every?: number;
}

export interface AddScheduleOptions extends TimingOptions {
  readonly vm?: string[];
  readonly match?: string;
  readonly label?: string;
  readonly spread: number;
}

export async function listSchedules(console: Console) {
  const { schedules } = await console.client.ask(CliSchedulesDocument, {});
  print(console, schedules, () =>
    table(
      ['NAME', 'WHEN', 'MACHINES', 'NEXT'],
      schedules.map((schedule) => [schedule.name, when(schedule), which(schedule), next(schedule)]),
    ),
  );
  return exitCodes.done;
}

export async function showDueTimes(console: Console, options: TimingOptions) {
  const { scheduleDueTimes } = await console.client.ask(CliScheduleDueTimesDocument, { timing: timingOf(options) });
  print(console, scheduleDueTimes, () => scheduleDueTimes.join('\n'));
  return exitCodes.done;
}

export async function addSchedule(console: Console, name: string, options: AddScheduleOptions) {
  const { vm, match, label, spread } = options;
  const machines =
    vm !== undefined
      ? { names: vm }
      : match !== undefined
        ? { pattern: match }
        : label !== undefined
          ? { label }
          : { all: true };
  const input = { name, timing: timingOf(options), machines, spreadSeconds: spread };
  const { payload } = await console.client.ask(CliCreateScheduleDocument, { input });
  return show(console, payload.schedule ?? null, 'created');
}

const steps = {
  paused: CliPauseScheduleDocument,
  resumed: CliResumeScheduleDocument,
  removed: CliDeleteScheduleDocument,
} as const;

export async function changeSchedule(console: Console, name: string, done: keyof typeof steps) {
  const { schedules } = await console.client.ask(CliSchedulesDocument, {});
  const found = schedules.find((schedule) => schedule.name === name || schedule.id === name);
  if (found === undefined) throw new MemoirError('NOT_FOUND', `there is no schedule ${plain(name)}`);
  const { payload } = await console.client.ask(steps[done], { id: found.id });
  return show(console, payload.schedule ?? null, done);
}

function show(console: Console, schedule: CliScheduleFragment | null, done: string) {
  print(console, schedule, () => (schedule === null ? '' : `${plain(schedule.name)} ${done}. Next: ${next(schedule)}`));
  return exitCodes.done;
}

function timingOf({ cron, zone, every }: TimingOptions) {
  if ((cron === undefined) === (every === undefined))
    throw new MemoirError('BAD_INPUT', 'give either --cron or --every');
  return cron === undefined ? { every: { seconds: every ?? 0 } } : { cron: { expression: cron, timeZone: zone } };
}

function when({ timing: { cron, every } }: CliScheduleFragment): string {
  return cron == null ? `every ${every?.seconds ?? 0} s` : `${cron.expression} ${cron.timeZone}`;
}

function which({ machines: { names, pattern, label } }: CliScheduleFragment): string {
  if (names != null) return names.join(', ');
  if (pattern != null) return pattern;
  return label == null ? 'all running' : `label ${label}`;
}

const next = ({ paused, nextDueTimes }: CliScheduleFragment): string =>
  paused ? 'paused' : (nextDueTimes[0] ?? 'never');
