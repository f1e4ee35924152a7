import type { Actor } from '../../access/actor.ts';
import { type ErrorCode, errorCatalogue } from '../../domain/error-catalogue.ts';
import type { Ask } from './ask.ts';
import { type DumpNode, dumpFields, localTimestamp, toStatus } from './dump-status.ts';
import { readMachines, toMachineNames } from './machine-names.ts';

/** Old callers never heard of a limit: 2³¹ − 1 is none, below which only the server's own MAX_PAUSE can go. */
const document = `mutation ($vms: [String!]!) {
  triggerDumps(input: { machines: { names: $vms }, maxPauseMs: 2147483647 }) {
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

async function trigger(ask: Ask, actor: Actor, body: unknown) {
  const names = await toMachineNames(ask, actor, readMachines(body));
  const { triggerDumps } = await ask<Payload>(actor, document, { vms: names });
  const { accepted, rejected } = triggerDumps;
  const refusal = accepted.length === 0 ? rejected[0] : undefined;
  return { accepted, rejected, status: refusal === undefined ? 200 : errorCatalogue[refusal.code].http };
}

/**
 * `POST /api/memory-dumps/trigger`. The old answer, and `rejected` beside it for machines that get no dump. Where none gets
 * one, the status says so too: a script with `curl --fail` notices.
 */
export async function triggerForDashboard(ask: Ask, actor: Actor, body: unknown) {
  const { accepted, rejected, status } = await trigger(ask, actor, body);
  const answer = {
    status: accepted.length === 0 ? 'rejected' : 'scheduled',
    message: `Memory dump scheduled for ${accepted.length} VM(s)`,
    vm_ids: accepted.map((dump) => dump.vmName),
    timestamp: localTimestamp(Date.now()),
    ...(rejected.length === 0 ? {} : { rejected, detail: rejected.map(({ message }) => message).join('; ') }),
  };
  return { status, answer };
}

/** `POST /api/dumps`: the same of the service behind the old dashboard, which answered with the dumps themselves. */
export async function triggerForService(ask: Ask, actor: Actor, body: unknown) {
  const { accepted, rejected, status } = await trigger(ask, actor, body);
  const dumps = Object.fromEntries(accepted.map((dump) => [dump.vmName, toStatus(dump)]));
  return { status, answer: { status: accepted.length === 0 ? 'rejected' : 'scheduled', dumps, rejected } };
}
