// Long: the front door, with the words of every refusal.
import { MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import { isTerminal } from '../domain/operation-state.ts';
import type { MethodChoice } from '../machines/capture.ts';
import type { Hypervisor } from '../machines/hypervisor.ts';
import { type Machine, machineStates } from '../machines/machine.ts';
import type { Operation } from '../operations/operation.ts';
import type { Operations } from '../operations/operations.ts';
import type { Submission, SubmitOutcome } from '../operations/submission.ts';
import { refuseHeld } from '../records/holds.ts';
import { markRecord } from '../records/record-effects.ts';
import type { ArtifactStore, StoreSpace } from '../storage/artifact-store.ts';
import type { ArtifactTidy } from './artifact-tidy.ts';
import type { DumpRequest, DumpResult } from './dump-request.ts';
import {
  artifactSubject,
  catalogueSubject,
  type DumpForecast,
  type DumpRejection,
  type Dumps,
  dumpKind,
  machineSubject,
  type TriggerInput,
} from './dumps.ts';
import { earlyRefusals } from './early-refusals.ts';
import { dumpType, reindexType, verifyType } from './operation-types.ts';
import { pauseLimit } from './pause-limit.ts';
import { expectedArtifactBytes, neededBytes } from './space-claims.ts';

/** Most machines of one request, and the longest name that is looked up. */
const maxMachines = 1000;
const maxNameLength = 512;
const maxKeyLength = 200;

export interface DumpServiceParts {
  readonly operations: Operations;
  readonly hypervisor: Hypervisor;
  readonly store: ArtifactStore;
  readonly tidy: ArtifactTidy;
  /** MAX_PAUSE; null where it is not set. */
  readonly maxPauseMs?: () => number | null;
  /** Asked before a dump is refused because so many bytes are missing: frees what it may. */
  readonly makeRoom?: (bytes: number) => Promise<unknown>;
}

export function createDumps({
  operations,
  hypervisor,
  store,
  tidy,
  maxPauseMs = () => null,
  makeRoom,
}: DumpServiceParts): Dumps {
  async function finished(id: string): Promise<{ operation: Operation; result: DumpResult }> {
    const [operation] = await operations.get([id]);
    if (!operation || operation.kind !== dumpKind) throw new MemoirError('NOT_FOUND', `there is no dump ${id}`);
    const result = dumpType.resultOf(operation);
    if (operation.state !== 'COMPLETED' || result === null) {
      throw new MemoirError('ARTIFACT_MISSING', `the dump ${id} is ${operation.state}: it has no artifact`);
    }
    return { operation, result };
  }

  async function activeOn(subject: string): Promise<Operation | null> {
    const { operations: found } = await operations.page({
      subjects: [subject],
      states: ['QUEUED', 'RUNNING'],
      limit: 1,
    });
    return found[0] ?? null;
  }

  /**
   * NO_SPACE where a dump cannot fit, so that nobody waits for its failure. A repeated request, or one for a machine that has a
   * dump under way, gets its own answer.
   */
  async function withoutRoom(
    { id, memoryBytes }: Machine,
    { idempotencyKey }: TriggerInput,
  ): Promise<MemoirError | null> {
    if (idempotencyKey !== undefined) return null;
    let space = await store.space();
    if (fits(memoryBytes, space) || (await activeOn(machineSubject(id))) !== null) return null;
    await makeRoom?.(neededBytes(memoryBytes) + space.reserveBytes - space.freeBytes);
    space = await store.space();
    if (fits(memoryBytes, space)) return null;
    const { freeBytes, reserveBytes } = space;
    const needed = neededBytes(memoryBytes);
    return new MemoirError(
      'NO_SPACE',
      `it may need ${needed} bytes, and ${store.location} has ${freeBytes} free, of which ${reserveBytes} are kept for others`,
      { details: { freeBytes, neededBytes: needed, reserveBytes } },
    );
  }

  /** Whether the key was used before: then the answer is that of the first time, whatever the machines are at now. */
  async function isRepeated(input: TriggerInput, actor: string): Promise<boolean> {
    if (input.idempotencyKey === undefined) return false;
    // An empty batch accepts nothing, and so leaves no trace of the key.
    return (await operations.submit([], { actor, ...idempotency(input) })).length > 0;
  }

  /** What is under way already is said by who accepts: that dump is what keeps its machine busy. */
  async function refusedEarly(
    wanted: readonly { readonly name: string; readonly machine: Machine | null }[],
    method: MethodChoice,
    limitMs: number | null,
  ): Promise<ReadonlyMap<string | undefined, MemoirError>> {
    const machines = wanted.flatMap(({ name, machine }) =>
      machine === null || refuse(name, machine) !== null ? [] : [machine],
    );
    const subjects = machines.map(({ id }) => machineSubject(id));
    if (subjects.length === 0) return new Map();
    const { operations: found } = await operations.page({
      subjects,
      states: ['QUEUED', 'RUNNING'],
      limit: maxMachines,
    });
    const active = new Set(found.flatMap((operation) => operation.subjects));
    const idle = machines.filter(({ id }) => !active.has(machineSubject(id)));
    return earlyRefusals(hypervisor, idle, method, { maxPauseMs: limitMs });
  }

  async function forecasts(machines: readonly Machine[]): Promise<(DumpForecast | Error)[]> {
    if (machines.length === 0) return [];
    const subjects = machines.map(({ id }) => machineSubject(id));
    const [options, space, page] = await Promise.all([
      Promise.allSettled(machines.map((machine) => hypervisor.captureOptions(machine))),
      store.space(),
      operations.page({ subjects, states: ['QUEUED', 'RUNNING'], limit: 1000 }),
    ]);
    const active = new Map(page.operations.map((operation) => [operation.subject, operation]));
    return options.map((found, index) => {
      if (found.status === 'rejected') return found.reason;
      const { memoryBytes } = found.value;
      return {
        ...found.value,
        expectedSizeBytes: expectedArtifactBytes(memoryBytes),
        freeBytes: space.freeBytes,
        enoughSpace: fits(memoryBytes, space),
        active: active.get(subjects[index] ?? '') ?? null,
      };
    });
  }

  return {
    async trigger(input, actor) {
      checkInput(input);
      const wanted = await choose(input, hypervisor);
      const rejected: DumpRejection[] = [];
      const requests = new Map<string, { name: string; request: Submission }>();
      const limit = pauseLimit(input.method, input.maxPauseMs, maxPauseMs());
      const early = (await isRepeated(input, actor)) ? new Map() : await refusedEarly(wanted, input.method, limit);
      for (const { name, machine } of wanted) {
        const refusal =
          refuse(name, machine) ?? early.get(machine?.id) ?? (machine && (await withoutRoom(machine, input)));
        if (refusal !== null) rejected.push({ vm: name, error: toErrorShape(refusal), active: null });
        else if (machine !== null)
          requests.set(machine.id, { name, request: toRequest(machine, input, hypervisor, limit) });
      }
      const batch = [...requests.values()];
      const outcomes = await operations.submit(
        batch.map(({ request }) => request),
        { actor, ...idempotency(input) },
      );
      const accepted: Operation[] = [];
      // By subject and not by place: what is repeated has the order, and the machines, of the first time.
      const names = new Map(batch.map(({ name, request }) => [request.subjects[0], name]));
      for (const outcome of outcomes) {
        if (outcome.type === 'ACCEPTED') accepted.push(outcome.operation);
        else rejected.push(toRejection(outcome, names));
      }
      return { accepted, rejected };
    },

    async cancel(id, actor) {
      const [operation] = await operations.get([id]);
      if (!operation || operation.kind !== dumpKind) throw new MemoirError('NOT_FOUND', `there is no dump ${id}`);
      return operations.cancel(id, actor);
    },

    async remove(id, actor) {
      const { result } = await finished(id);
      const verification = await activeOn(artifactSubject(id));
      if (verification !== null) throw new MemoirError('ALREADY_ACTIVE', 'the artifact is being verified');
      // Said before it is done: a server that dies in between leaves a record that promises less than there is, not more.
      const effects = [refuseHeld.of({ kind: 'DUMP', id }), markRecord.of({ id, state: 'DELETED' })];
      const noted = await operations.note(id, `Deleted by ${actor}`, { action: 'DELETED', actor }, effects);
      const removed = await store.remove({ folder: result.folder, file: result.file });
      if (!removed) throw new MemoirError('ARTIFACT_MISSING', `the artifact of dump ${id} was gone already`);
      return noted;
    },

    async verify(id, actor) {
      const { operation, result } = await finished(id);
      if ((await store.find({ folder: result.folder, file: result.file })) === null) {
        throw new MemoirError('ARTIFACT_MISSING', `the artifact of dump ${id} is not at ${result.dumpPath}`);
      }
      const { compression } = dumpType.requestOf(operation);
      const message = 'Waiting to read the artifact back';
      const request = { dumpId: id, result, compression };
      return operations.submitOne(verifyType.submission({ subjects: [artifactSubject(id)], request, message }), {
        actor,
      });
    },

    async reindex(actor) {
      const message = 'Waiting to read the manifests';
      const submission = reindexType.submission({ subjects: [catalogueSubject], request: {}, message });
      const operation = await operations.submitOne(submission, { actor });
      // What had no record may have one now. A look that fails is made up for by the next start.
      operations
        .settled(operation.id)
        .then(() => tidy.lookAgain())
        .catch(() => undefined);
      return operation;
    },

    get unwanted() {
      return tidy.unwanted;
    },

    removeUnwanted: () => tidy.removeUnwanted(),

    async forecast(vm) {
      const machine = await hypervisor.find(vm);
      if (machine === null) throw new MemoirError('NOT_FOUND', `there is no machine ${quote(vm)}`);
      const [forecast] = await forecasts([machine]);
      if (forecast instanceof Error) throw forecast;
      return forecast as DumpForecast;
    },

    forecasts,
  };
}

function checkInput({ vms, all, maxPauseMs, idempotencyKey }: TriggerInput): void {
  const bad = (message: string) => new MemoirError('BAD_INPUT', message);
  if (all === true && vms !== undefined) throw bad('give either `vms` or `all`, not both');
  if (all !== true && (vms === undefined || vms.length === 0))
    throw bad('name at least one machine in `vms`, or set `all`');
  if (vms !== undefined && vms.length > maxMachines)
    throw bad(`at most ${maxMachines} machines at a time, not ${vms.length}`);
  if (vms?.some((name) => name === '' || name.length > maxNameLength))
    throw bad(`a machine’s name must have 1 to ${maxNameLength} characters`);
  if (maxPauseMs !== undefined && maxPauseMs < 0) throw bad('`maxPauseMs` must be 0 or more');
  if (idempotencyKey !== undefined && (idempotencyKey === '' || idempotencyKey.length > maxKeyLength)) {
    throw bad(`an idempotency key must have 1 to ${maxKeyLength} characters`);
  }
}

/** Whether a dump of so much memory could find room now, if it were alone. */
function fits(memoryBytes: number, { freeBytes, reserveBytes }: StoreSpace): boolean {
  return neededBytes(memoryBytes) + reserveBytes <= freeBytes;
}

/** The machines that are meant, each as the caller names it; null for a name that no machine has. */
async function choose(
  { vms, all }: TriggerInput,
  hypervisor: Hypervisor,
): Promise<{ name: string; machine: Machine | null }[]> {
  const machines = await hypervisor.list();
  if (all === true) {
    return machines.filter(({ state }) => state === 'RUNNING').map((machine) => ({ name: machine.name, machine }));
  }
  const byId = new Map(machines.map((machine) => [machine.id, machine]));
  const byName = new Map(machines.map((machine) => [machine.name, machine]));
  const byNumber = new Map(machines.map((machine) => [machine.vmid, machine]));
  return [...new Set(vms)].map((name) => ({
    name,
    machine: byId.get(name) ?? byName.get(name) ?? byNumber.get(name) ?? null,
  }));
}

function refuse(name: string, machine: Machine | null): MemoirError | null {
  if (machine === null) return new MemoirError('NOT_FOUND', `there is no machine ${quote(name)}`);
  const { hasMemory, label } = machineStates[machine.state];
  return hasMemory ? null : new MemoirError('NOT_RUNNING', `${quote(name)} is ${label.toLowerCase()}`);
}

function toRequest(
  machine: Machine,
  input: TriggerInput,
  hypervisor: Hypervisor,
  maxPauseMs: number | null,
): Submission {
  const request: DumpRequest = {
    machineId: machine.id,
    machineName: machine.name,
    method: input.method,
    format: input.format,
    compression: input.compression,
    demo: hypervisor.kind === 'demo',
    maxPauseMs,
    imageDigest: input.imageDigest ?? false,
    traceparent: input.traceparent ?? null,
  };
  return dumpType.submission({ subjects: [machineSubject(machine.id)], request, message: 'Waiting for its turn' });
}

function idempotency(input: TriggerInput): { idempotencyKey?: string; fingerprint?: string } {
  if (input.idempotencyKey === undefined) return {};
  const { vms, all = false, method, format, compression, maxPauseMs, imageDigest = false } = input;
  const limit = maxPauseMs === undefined ? [] : [maxPauseMs];
  const digest = imageDigest ? ['imageDigest'] : [];
  const wanted = [all || [...new Set(vms)].sort(), method, format, compression, ...limit, ...digest];
  const fingerprint = JSON.stringify(wanted);
  return { idempotencyKey: input.idempotencyKey, fingerprint };
}

function toRejection(
  outcome: Exclude<SubmitOutcome, { type: 'ACCEPTED' }>,
  names: ReadonlyMap<string, string>,
): DumpRejection {
  if (outcome.type === 'QUEUE_FULL') {
    const error = toErrorShape(new MemoirError('QUEUE_FULL', 'too many operations are queued'));
    return { vm: names.get(outcome.subject) ?? '', error, active: null };
  }
  const { active } = outcome;
  const subject = active.subjects.find((one) => names.has(one)) ?? active.subject;
  const isDump = active.kind === dumpKind;
  const vm = names.get(subject) ?? (isDump ? dumpType.requestOf(active).machineName : subject);
  const state = isTerminal(active.state) ? 'had' : 'has';
  const what = isDump ? 'a dump' : `an operation of kind ${active.kind}`;
  const error = new MemoirError('ALREADY_ACTIVE', `${quote(vm)} ${state} ${what} under way`, {
    details: { active: active.id },
  });
  return { vm, error: toErrorShape(error), active };
}

/** A hostile name in a sentence: quoted, control characters visible. */
function quote(name: string): string {
  return JSON.stringify(name);
}
