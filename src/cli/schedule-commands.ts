import type { Command } from 'commander';
import { type HoldOptions, hold, type RetentionOptions, retain } from './commands/retention.ts';
import {
  type AddScheduleOptions,
  addSchedule,
  changeSchedule,
  listSchedules,
  showDueTimes,
  type TimingOptions,
} from './commands/schedules.ts';
import type { Console } from './console.ts';
import type { ExitCode } from './exit-codes.ts';

type Remote = (run: (console: Console) => Promise<ExitCode>) => () => Promise<void>;

const withTiming = (command: Command): Command =>
  command
    .option('--cron <expression>', 'minute, hour, day, month, weekday; six fields begin with seconds')
    .option('--zone <name>', 'time zone of the expression', 'UTC')
    .option('--every <seconds>', 'interval in seconds, instead of an expression', Number);

/** What starts and goes by itself. */
export function addScheduleCommands(program: Command, remote: Remote): void {
  const schedules = program
    .command('schedules')
    .description('list the schedules, and when each is due next')
    .action(() => remote(listSchedules)());
  withTiming(schedules.command('due').description('show the next ten due times of an expression')).action(
    (options: TimingOptions) => remote((console) => showDueTimes(console, options))(),
  );
  withTiming(schedules.command('add').description('create a schedule of dumps').argument('<name>', 'its name'))
    .option('--vm <vm...>', 'these machines; all that run unless told')
    .option('--match <pattern>', 'machines whose name matches; * is any text, ? one character')
    .option('--label <word>', 'machines with this word in their title')
    .option('--spread <seconds>', 'start each machine at a moment of its own within so long', Number, 0)
    .action((name: string, options: AddScheduleOptions) => remote((console) => addSchedule(console, name, options))());
  for (const [command, done, description] of [
    ['pause', 'paused', 'pause a schedule'],
    ['resume', 'resumed', 'resume a schedule with its next due time'],
    ['remove', 'removed', 'delete a schedule; its dumps are kept'],
  ] as const) {
    schedules
      .command(command)
      .description(description)
      .argument('<name>', 'the schedule’s name or id')
      .action((name: string) => remote((console) => changeSchedule(console, name, done))());
  }
  program
    .command('retention')
    .description('show what the retention policies would remove, and why')
    .option('--yes', 'remove exactly that')
    .action((options: RetentionOptions) => remote((console) => retain(console, options))());
  program
    .command('hold')
    .description('protect a dump from deletion, by retention or by hand')
    .argument('<id>', 'the dump’s id')
    .option('--reason <text>', 'why, for others to read')
    .option('--heap', 'the id is that of a session of heap snapshots')
    .option('--release', 'release it')
    .action((id: string, options: HoldOptions) => remote((console) => hold(console, id, options))());
}
