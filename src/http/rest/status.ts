import type { Actor } from '../../access/actor.ts';
import { isUuid } from '../../domain/id.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import { activeStates } from '../../domain/operation-state.ts';
import type { Ask } from './ask.ts';
import { type DumpNode, dumpFields, localTimestamp, newestByName, toStatus } from './dump-status.ts';
import { toMachineNames } from './machine-names.ts';
import type { ToldStatus } from './told-status.ts';
import type { RememberedTrigger, TriggerMemory } from './trigger-memory.ts';

const listDocument = `{
  service { hypervisor { state reason mend } }
  dumps(first: 200) { nodes { ${dumpFields} } }
}`;

interface Listing {
  readonly service: {
    readonly hypervisor: { readonly state: string; readonly reason: string | null; readonly mend: string | null };
  };
  readonly dumps: { readonly nodes: readonly DumpNode[] };
}

/** How long the end of a dump is still shown among the active ones: pollers come every few seconds, and gave up after an hour. */
const shownMs = 3_600_000;

const isActive = ({ state }: DumpNode) => activeStates.some((active) => active === state);
const isRecent = ({ finishedAt }: DumpNode) => finishedAt !== null && Date.now() - Date.parse(finishedAt) < shownMs;

/** `GET /api/dumps`: the newest dump of each machine that is active or ended a short while ago. */
export async function listDumps(ask: Ask, actor: Actor, memory: TriggerMemory) {
  const { dumps } = await ask<Listing>(actor, listDocument);
  return shown(dumps.nodes, memory);
}

function shown(dumps: readonly DumpNode[], memory: TriggerMemory): Record<string, ToldStatus> {
  const recent = dumps.filter((dump) => isActive(dump) || isRecent(dump));
  return { ...Object.fromEntries(memory.unknown()), ...newestByName(recent, memory) };
}

/** `GET /api/memory-dumps/status`: the same, whether the hypervisor answers, and what became of the last trigger. */
export async function showStatus(ask: Ask, actor: Actor, memory: TriggerMemory, address: string) {
  const { service, dumps } = await ask<Listing>(actor, listDocument);
  const { state, reason, mend } = service.hypervisor;
  const last = lastTrigger(dumps.nodes, memory.last);
  return {
    service: address,
    status: state === 'UP' ? 'ok' : 'unavailable',
    active_dumps: shown(dumps.nodes, memory),
    last_trigger: last,
    timestamp: localTimestamp(Date.now()),
    // The older dashboard read what follows from the same address.
    vm_ids: last?.vm_ids ?? [],
    duration: last?.duration ?? null,
    error:
      state === 'UP' ? (last?.error ?? null) : `${reason ?? 'the hypervisor does not respond'}. ${mend ?? ''}`.trim(),
  };
}

/**
 * Dumps of one trigger were accepted in one step, and so at one time. What this route answered to the newest is remembered; of
 * any other trigger it is told what can be.
 */
function lastTrigger(dumps: readonly DumpNode[], remembered: RememberedTrigger | null) {
  const newest = dumps[0];
  const isRemembered =
    remembered !== null &&
    (newest === undefined || remembered.atMs >= Date.parse(newest.createdAt) || remembered.dumpIds.includes(newest.id));
  if (newest === undefined && !isRemembered) return null;
  const ids = isRemembered ? remembered.dumpIds : null;
  const batch = dumps
    .filter(({ id, createdAt }) => (ids === null ? createdAt === newest?.createdAt : ids.includes(id)))
    .reverse();
  const failed = batch.filter(({ state }) => state === 'FAILED' || state === 'CANCELLED');
  const ends = batch.map(({ finishedAt }) => (finishedAt === null ? Number.NaN : Date.parse(finishedAt)));
  const begunMs = isRemembered ? remembered.atMs : Date.parse(newest?.createdAt ?? '');
  const endMs = Math.max(begunMs, ...ends);
  const names = isRemembered ? remembered.sent : batch.map(({ vmName }) => vmName);
  return {
    timestamp: localTimestamp(begunMs),
    vm_ids: names,
    status: Number.isNaN(endMs) ? 'in_progress' : failed.length > 0 || batch.length === 0 ? 'failed' : 'completed',
    trigger_response: isRemembered
      ? remembered.answer
      : { status: 'scheduled', vm_ids: names, dump_ids: batch.map(({ id }) => id) },
    duration: Number.isNaN(endMs) ? null : (endMs - begunMs) / 1000,
    error: failed[0]?.error?.message ?? (batch.length === 0 ? 'Domain not found' : null),
  };
}

const oneDocument = `query ($vm: String!) {
  service { hypervisor { state reason mend } }
  dumps(vm: $vm, first: 1) { nodes { ${dumpFields} } }
}`;

/** `GET /api/memory-dumps/status/{vm}`: the newest dump of a machine, by name, number or UUID. */
export async function showStatusOf(ask: Ask, actor: Actor, memory: TriggerMemory, given: string) {
  const unknown = memory.unknown().get(given);
  if (unknown !== undefined) return unknown;
  const [vm = given] = isUuid(given) ? [given] : await toMachineNames(ask, actor, [given]);
  const { dumps, service } = await ask<Listing>(actor, oneDocument, { vm });
  if (service.hypervisor.state !== 'UP' && service.hypervisor.state !== 'DEGRADED') {
    throw new MemoirError('HYPERVISOR_UNAVAILABLE', service.hypervisor.reason ?? 'the hypervisor does not respond');
  }
  const [dump] = dumps.nodes;
  if (dump === undefined) throw new MemoirError('NOT_FOUND', `there is no dump of ${JSON.stringify(given)}`);
  return toStatus(dump, memory);
}
