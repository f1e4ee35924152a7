import type { Actor } from '../../access/actor.ts';
import { type ErrorCode, errorCatalogue } from '../../domain/error-catalogue.ts';
import { fieldOf } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { Ask } from './ask.ts';
import { type DumpNode, dumpFields, localTimestamp, toStatus } from './dump-status.ts';
import { readMachines, toMachineNames } from './machine-names.ts';
import type { TriggerMemory } from './trigger-memory.ts';

/** Old callers never heard of a limit: 2³¹ − 1 is none, below which only the server's own MAX_PAUSE can go. */
const document = `mutation ($vms: [String!]!, $compression: Compression!) {
  triggerDumps(input: { machines: { names: $vms }, compression: $compression, maxPauseMs: 2147483647 }) {
    accepted { ${dumpFields} }
    rejected { vm code message hint }
    errors { code message hint }
  }
}`;

interface Payload {
  readonly triggerDumps: {
    readonly accepted: readonly DumpNode[];
    readonly rejected: readonly {
      readonly vm: string;
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint: string;
    }[];
  };
}

/** One trigger: who asks, what for, and what is remembered of it. */
export interface TriggerCall {
  readonly ask: Ask;
  readonly actor: Actor;
  readonly body: unknown;
  readonly memory: TriggerMemory;
}

async function trigger({ ask, actor, body }: TriggerCall) {
  const sent = [...new Set(readMachines(body))];
  const names = await toMachineNames(ask, actor, sent);
  const { triggerDumps } = await ask<Payload>(actor, document, { vms: names, compression: readCompression(body) });
  const { accepted, rejected } = triggerDumps;
  // In the caller's words: the numbers or names that were sent, not those that the machines have beside them.
  const said = (name: string) => sent[names.indexOf(name)] ?? name;
  const refusals = rejected.map((one) => ({ ...one, vm: said(one.vm) }));
  const refused = new Set(refusals.map(({ vm }) => vm));
  const scheduled = sent.filter((one) => !refused.has(one));
  const unknown = refusals.filter(({ code }) => code === 'NOT_FOUND').map(({ vm }) => vm);
  const refusal = accepted.length === 0 ? rejected[0] : undefined;
  const status = refusal === undefined ? 200 : errorCatalogue[refusal.code].http;
  return { sent, accepted, rejected: refusals, scheduled, unknown, status };
}

/** `compression` as a caller of the old service would have named it; Zstandard where nothing is said. */
function readCompression(body: unknown): string {
  const compression = fieldOf(body, 'compression');
  if (compression === undefined || compression === null) return 'ZSTD';
  const name = String(compression).toUpperCase();
  if (['ZSTD', 'GZIP', 'NONE'].includes(name)) return name;
  throw new MemoirError('BAD_INPUT', '`compression` must be zstd, gzip or none');
}

/**
 * `POST /api/memory-dumps/trigger`. The old answer, and `rejected` beside it for machines that get no dump. Where none gets
 * one, the status says so too: a script with `curl --fail` notices.
 */
export async function triggerForDashboard(call: TriggerCall) {
  const { sent, accepted, rejected, scheduled, unknown, status } = await trigger(call);
  const atMs = Date.now();
  const answer = {
    status: accepted.length === 0 ? 'rejected' : 'scheduled',
    message: `Memory dump scheduled for ${accepted.length} VM(s)`,
    vm_ids: scheduled,
    timestamp: localTimestamp(atMs),
    ...(rejected.length === 0 ? {} : { rejected, detail: rejected.map(({ message }) => message).join('; ') }),
  };
  call.memory.trigger({ atMs, sent, answer, dumpIds: accepted.map(({ id }) => id) }, unknown);
  return { status, answer };
}

/** `POST /api/dumps`: the same of the service behind the old dashboard, which answered with the dumps themselves. */
export async function triggerForService(call: TriggerCall) {
  const { sent, accepted, rejected, unknown, status } = await trigger(call);
  const dumps = Object.fromEntries(accepted.map((dump) => [dump.vmName, toStatus(dump, call.memory)]));
  const answer = { status: accepted.length === 0 ? 'rejected' : 'scheduled', dumps, rejected };
  call.memory.trigger({ atMs: Date.now(), sent, answer, dumpIds: accepted.map(({ id }) => id) }, unknown);
  return { status, answer };
}
