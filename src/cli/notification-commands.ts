import type { Command } from 'commander';
import {
  type CreateHookOptions,
  createHook,
  type DeliveriesOptions,
  deleteHook,
  enableHook,
  listAlerts,
  listDeliveries,
  listHooks,
  resendDeliveries,
  rotateHook,
  testHook,
} from './commands/hooks.ts';
import type { Console } from './console.ts';
import type { ExitCode } from './exit-codes.ts';
import { toCount } from './option-values.ts';

type Remote = (run: (console: Console) => Promise<ExitCode>) => () => Promise<void>;

/** Commands about who is told what happens. */
export function addNotificationCommands(program: Command, remote: Remote): void {
  const hooks = program
    .command('hooks')
    .description('manage webhooks and mail that tell of events and alerts')
    .action(() => remote(listHooks)());
  hooks
    .command('create')
    .description('create a webhook (one URL) or mail (addresses); prints a webhook’s secret')
    .argument('<name>', 'its name')
    .argument('<target...>', 'https://…, or mail addresses')
    .option('--kind <kind...>', 'only these events, such as operation-failed or disk-filling')
    .option('--machines <pattern>', 'only machines of these names; * and ? stand for any characters')
    .option('--severity <severity>', 'lowest severity: info, warning or error')
    .action((name: string, targets: string[], options: CreateHookOptions) =>
      remote((console) => createHook(console, name, targets, options))(),
    );
  for (const [word, enabled] of [['enable', true] as const, ['disable', false] as const])
    hooks
      .command(word)
      .description(
        enabled ? 'resume deliveries, starting with pending ones' : 'pause deliveries; pending ones are kept',
      )
      .argument('<hook>', 'name or id')
      .action((hook: string) => remote((console) => enableHook(console, hook, enabled))());
  hooks
    .command('delete')
    .description('delete a hook, with its pending deliveries')
    .argument('<hook>', 'name or id')
    .action((hook: string) => remote((console) => deleteHook(console, hook))());
  hooks
    .command('rotate')
    .description('print a new secret; for a day, requests carry both signatures')
    .argument('<hook>', 'name or id')
    .action((hook: string) => remote((console) => rotateHook(console, hook))());
  hooks
    .command('test')
    .description('send a test now and show the result')
    .argument('<hook>', 'name or id')
    .action((hook: string) => remote((console) => testHook(console, hook))());
  hooks
    .command('deliveries')
    .description('list sent and pending deliveries, newest first')
    .argument('[hook]', 'name or id; all if absent')
    .option('--state <state>', 'pending, delivered or dead')
    .option('--limit <count>', 'how many at most', toCount, 50)
    .action((hook: string | undefined, options: DeliveriesOptions) =>
      remote((console) => listDeliveries(console, hook, options))(),
    );
  hooks
    .command('resend')
    .description('send deliveries again')
    .argument('<delivery...>', 'ids of `memoir hooks deliveries`')
    .action((ids: string[]) => remote((console) => resendDeliveries(console, ids))());
  program
    .command('alerts')
    .description('list alerts: machines without a recent dump, a disk that is filling up, InfluxDB falling behind')
    .option('--all', 'include resolved alerts')
    .action(({ all = false }: { all?: boolean }) => remote((console) => listAlerts(console, all))());
}
