import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliAlertsDocument,
  CliCreateHookDocument,
  CliDeleteHookDocument,
  CliDeliveriesDocument,
  type CliDeliveryFragment,
  type CliHookFragment,
  CliHooksDocument,
  CliResendDeliveryDocument,
  CliRotateHookSecretDocument,
  CliSetHookEnabledDocument,
  CliTestHookDocument,
  type DeliveryState,
  type NotificationKind,
  type NotificationSeverity,
} from '../generated/graphql.ts';
import { table } from '../text.ts';

const kinds = [
  'OPERATION_QUEUED',
  'OPERATION_STARTED',
  'OPERATION_COMPLETED',
  'OPERATION_FAILED',
  'OPERATION_CANCELLED',
  'VERIFICATION_FAILED',
  'NO_GOOD_DUMP',
  'DISK_FILLING',
  'INFLUX_BEHIND',
  'SCHEDULE_MISSED',
  'SCHEDULE_SKIPPED',
  'SCHEDULE_REFUSED',
  'SCHEDULE_FAILED',
  'SCHEDULE_NO_MACHINES',
  'RETENTION_REMOVED',
  'RETENTION_FAILED',
] as const satisfies readonly NotificationKind[];
const severities = ['INFO', 'WARNING', 'ERROR'] as const satisfies readonly NotificationSeverity[];
const deliveryStates = ['PENDING', 'DELIVERED', 'DEAD'] as const satisfies readonly DeliveryState[];

export interface CreateHookOptions {
  readonly kind?: readonly string[];
  readonly machines?: string;
  readonly severity?: string;
}

/** One of the names, however it is written: `operation-failed` is OPERATION_FAILED. */
function nameOf<Name extends string>(what: string, names: readonly Name[], given: string): Name {
  const wanted = given.toUpperCase().replaceAll('-', '_');
  const found = names.find((name) => name === wanted);
  if (found !== undefined) return found;
  const known = names.map((name) => name.toLowerCase().replaceAll('_', '-')).join(', ');
  throw new MemoirError('BAD_INPUT', `there is no ${what} ${given}`, { hint: `Known: ${known}.` });
}

const where = ({ url, to }: CliHookFragment): string => url ?? to.join(', ');

export async function listHooks(console: Console) {
  const { hooks } = await console.client.ask(CliHooksDocument, {});
  const state = ({ enabled, disabledReason }: CliHookFragment): string =>
    enabled ? 'on' : `off${disabledReason == null ? '' : `: ${disabledReason}`}`;
  const rows = hooks.map((one) => [one.name, one.type, where(one), one.pending, one.dead, state(one)]);
  print(console, hooks, () => table(['NAME', 'TYPE', 'TO', 'PENDING', 'DEAD', 'STATE'], rows));
  return exitCodes.done;
}

/** An address is a webhook, everything else is for mail. */
export async function createHook(
  console: Console,
  name: string,
  targets: readonly string[],
  { kind = [], machines, severity }: CreateHookOptions,
) {
  const [first = ''] = targets;
  const isWebhook = /^https?:/i.test(first);
  if (isWebhook && targets.length > 1)
    throw new MemoirError('BAD_INPUT', 'a hook has one URL', { hint: 'Create a hook for each.' });
  const input = {
    name,
    target: isWebhook ? { url: first } : { mailTo: [...targets] },
    kinds: kind.map((one) => nameOf('kind', kinds, one)),
    ...(machines !== undefined && { machinePattern: machines }),
    ...(severity !== undefined && { minSeverity: nameOf('severity', severities, severity) }),
  };
  const { hook, secret } = (await console.client.ask(CliCreateHookDocument, { input })).createHook;
  if (secret != null) console.tell('This secret signs its requests. It is shown only once.\n');
  print(console, { ...hook, secret }, () => secret ?? `${hook.name} is created`);
  return exitCodes.done;
}

async function idOf(console: Console, nameOrId: string): Promise<string> {
  const { hooks } = await console.client.ask(CliHooksDocument, {});
  const found = hooks.find(({ id, name }) => id === nameOrId || name.toLowerCase() === nameOrId.toLowerCase());
  if (found !== undefined) return found.id;
  throw new MemoirError('NOT_FOUND', `there is no hook called ${nameOrId}`, { hint: '`memoir hooks` lists them.' });
}

export async function enableHook(console: Console, nameOrId: string, enabled: boolean) {
  const id = await idOf(console, nameOrId);
  const { hook } = (await console.client.ask(CliSetHookEnabledDocument, { id, enabled })).setHookEnabled;
  print(console, hook, () => `${hook.name} is ${hook.enabled ? 'on' : 'off'}`);
  return exitCodes.done;
}

export async function deleteHook(console: Console, nameOrId: string) {
  const id = await idOf(console, nameOrId);
  const { hook } = (await console.client.ask(CliDeleteHookDocument, { id })).deleteHook;
  print(console, hook, () => `${hook.name} is deleted`);
  return exitCodes.done;
}

export async function rotateHook(console: Console, nameOrId: string) {
  const id = await idOf(console, nameOrId);
  const { hook, secret } = (await console.client.ask(CliRotateHookSecretDocument, { id })).rotateHookSecret;
  console.tell('The old secret stays valid for a day. This one is shown only once.\n');
  print(console, { ...hook, secret }, () => secret ?? '');
  return exitCodes.done;
}

function outcomeOf({ state, lastStatus, lastError }: CliDeliveryFragment): string {
  if (state === 'DELIVERED') return `delivered${lastStatus == null ? '' : ` (HTTP ${lastStatus})`}`;
  return lastError ?? 'waiting';
}

export async function testHook(console: Console, nameOrId: string) {
  const id = await idOf(console, nameOrId);
  const { delivery } = (await console.client.ask(CliTestHookDocument, { id })).testHook;
  print(console, delivery, () => outcomeOf(delivery));
  return delivery.state === 'DELIVERED' ? exitCodes.done : exitCodes.failed;
}

export interface DeliveriesOptions {
  readonly state?: string;
  readonly limit: number;
}

export async function listDeliveries(
  console: Console,
  nameOrId: string | undefined,
  { state, limit }: DeliveriesOptions,
) {
  const { deliveries } = await console.client.ask(CliDeliveriesDocument, {
    first: limit,
    ...(nameOrId !== undefined && { hookId: await idOf(console, nameOrId) }),
    ...(state !== undefined && { states: [nameOf('state', deliveryStates, state)] }),
  });
  const rows = deliveries.nodes.map((one) => [
    one.id,
    one.createdAt,
    one.state,
    one.attempts,
    one.message,
    outcomeOf(one),
  ]);
  print(console, deliveries.nodes, () => table(['ID', 'CREATED', 'STATE', 'TRIES', 'EVENT', 'OUTCOME'], rows));
  return exitCodes.done;
}

export async function resendDeliveries(console: Console, ids: readonly string[]) {
  const sent: CliDeliveryFragment[] = [];
  for (const id of ids)
    sent.push((await console.client.ask(CliResendDeliveryDocument, { id })).resendDelivery.delivery);
  print(console, sent, () => `${sent.length} to be sent again`);
  return exitCodes.done;
}

export async function listAlerts(console: Console, all: boolean) {
  const { alerts } = await console.client.ask(CliAlertsDocument, { active: !all });
  const rows = alerts.map((one) => [one.raisedAt, one.clearedAt ?? null, one.message]);
  const text = () => (rows.length === 0 ? 'No alerts.' : table(['SINCE', 'UNTIL', 'ALERT'], rows));
  print(console, alerts, text);
  return exitCodes.done;
}
