import { createHash } from 'node:crypto';
import { type Broadcast, broadcast } from './broadcast.ts';

/** A machine of the simulated world, in the shape of the schema's `Vm`. */
export interface MockVm {
  readonly id: string;
  name: string;
  vmid: string | null;
  state: string;
  memoryBytes: number;
}

export interface MockDump {
  readonly id: string;
  readonly vm: MockVm;
  readonly createdAt: number;
  kind: 'DUMP' | 'VERIFY';
  /** The dump that is verified. */
  readonly of: string | null;
  state: 'QUEUED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  phase: string | null;
  message: string;
  cancelRequested: boolean;
  startedAt: number | null;
  finishedAt: number | null;
  doneBytes: number;
  error: { code: string; message: string; hint: string } | null;
  readonly input: { method: string; format: string; compression: string };
}

export interface MockEvent {
  readonly seq: number;
  readonly type: string;
  readonly at: number;
  readonly dump: MockDump;
  readonly state: string;
  readonly phase: string | null;
  readonly message: string;
}

export interface MockRecord {
  readonly id: string;
  readonly time: number;
  readonly vm: MockVm;
  readonly durationSec: number;
  readonly sizeBytes: number;
  readonly pauseMs: number;
  readonly method: string;
  state: string;
}

const gib = 2 ** 30;
const uuid = (n: number) => `0192${n.toString(16).padStart(4, '0')}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

export interface WorldOptions {
  readonly records?: number;
  readonly vms?: number;
  readonly volumes?: number;
  readonly tickMs?: number;
  readonly parallel?: number;
  readonly bytesPerSecond?: number;
  readonly role?: 'VIEWER' | 'OPERATOR' | 'ADMIN';
  readonly hypervisor?: 'UP' | 'DOWN';
  /** What became of the database; nothing if absent. */
  readonly database?: 'DAMAGED' | 'LOST';
  /** Machines whose names are as long as some people's are. */
  readonly longNames?: boolean;
  /** A record of a machine that is not there any more. */
  readonly removed?: boolean;
  /** Dumps that have failed. */
  readonly failed?: number;
  /** Whether machines have been measured yet. */
  readonly measured?: boolean;
}

/**
 * A server's inside, simulated: machines, dumps that run by a clock, records, and a log of events. It stands in for the real
 * server where a test needs more of something than the demo hypervisor has: thousands of records, fifty dumps at once.
 */
export class World {
  readonly startedAt = Date.now();
  readonly vms: MockVm[] = [];
  readonly dumps: MockDump[] = [];
  readonly records: MockRecord[] = [];
  readonly events: MockEvent[] = [];
  readonly eventAdded: Broadcast<MockEvent> = broadcast();
  readonly ticked: Broadcast<MockDump> = broadcast();
  readonly vmChanged: Broadcast<MockVm> = broadcast();
  readonly volumes: number;
  readonly parallel: number;
  readonly bytesPerSecond: number;
  readonly role: string;
  readonly hypervisor: string;
  readonly database: WorldOptions['database'];
  readonly measured: boolean;
  #serial = 1;

  constructor(options: WorldOptions = {}) {
    this.volumes = options.volumes ?? 6;
    this.parallel = options.parallel ?? 2;
    this.role = options.role ?? 'ADMIN';
    this.hypervisor = options.hypervisor ?? 'UP';
    this.database = options.database;
    this.measured = options.measured ?? true;
    this.bytesPerSecond = options.bytesPerSecond ?? 400e6;
    const long = 'customer-portal-production-frontend-eu-west-1b-replica-';
    const names = options.longNames
      ? Array.from({ length: 6 }, (_, index) => `${long}${index}`)
      : ['web-01', 'web-02', 'db-primary', 'build-runner', 'mail', '<img src=x onerror=alert(1)>'];
    const states = ['RUNNING', 'RUNNING', 'RUNNING', 'PAUSED', 'SHUT_OFF', 'RUNNING'];
    for (let index = 0; index < (options.vms ?? names.length); index += 1) {
      this.vms.push({
        id: uuid(index + 1),
        name: names[index] ?? `node-${String(index).padStart(3, '0')}`,
        vmid: states[index] === 'SHUT_OFF' ? null : String(100 + index),
        state: states[index] ?? 'RUNNING',
        memoryBytes: gib * [1, 0.5, 4, 0.25, 1, 0.125][index % 6]!,
      });
    }
    for (let index = 0; index < (options.failed ?? 0); index += 1) this.#fail(this.vms[index % this.vms.length]!);
    for (let index = options.records ?? 0; index > 0; index -= 1) this.#oldRecord(index);
    if (options.removed) this.#oldRecord(1, { ...this.vms[0]!, id: uuid(0xffff), name: 'decommissioned' });
    const tickMs = options.tickMs ?? 200;
    setInterval(() => this.#tick(tickMs / 1000), tickMs);
  }

  trigger(vm: MockVm, input: MockDump['input'], kind: MockDump['kind'] = 'DUMP', of: string | null = null): MockDump {
    const dump: MockDump = {
      id: uuid(0x1000 + this.#serial++),
      vm,
      kind,
      of,
      createdAt: Date.now(),
      state: 'QUEUED',
      phase: null,
      message: 'Waiting for its turn.',
      cancelRequested: false,
      startedAt: null,
      finishedAt: null,
      doneBytes: 0,
      error: null,
      input,
    };
    this.dumps.push(dump);
    this.#say(dump, 'QUEUED', `Dump of ${vm.name} accepted.`);
    return dump;
  }

  cancel(dump: MockDump): void {
    dump.cancelRequested = true;
    this.#say(dump, 'CANCEL_REQUESTED', `Somebody asked to cancel the dump of ${dump.vm.name}.`);
    if (dump.state === 'QUEUED') this.#finish(dump, 'CANCELLED', 'Cancelled before it began.');
  }

  activeOf(vm: MockVm): MockDump | undefined {
    return this.dumps.find((dump) => dump.vm === vm && ['QUEUED', 'RUNNING'].includes(dump.state));
  }

  #fail(vm: MockVm): void {
    const dump = this.trigger(vm, { method: 'AUTO', format: 'ELF', compression: 'ZSTD' });
    dump.startedAt = dump.createdAt;
    this.#finish(dump, 'FAILED', 'The disk is full.');
    dump.error = { code: 'NO_SPACE', message: 'the disk is full', hint: 'Free some space.' };
  }

  #tick(seconds: number): void {
    const running = this.dumps.filter((dump) => dump.state === 'RUNNING');
    for (const dump of this.dumps.filter((it) => it.state === 'QUEUED').slice(0, this.parallel - running.length)) {
      dump.state = 'RUNNING';
      dump.startedAt = Date.now();
      dump.phase = 'capture';
      dump.message = 'Reading memory.';
      this.#say(dump, 'STARTED', `Dump of ${dump.vm.name} started.`);
    }
    for (const dump of running) {
      if (dump.cancelRequested) this.#finish(dump, 'CANCELLED', `Dump of ${dump.vm.name} cancelled.`);
      else if (dump.doneBytes < dump.vm.memoryBytes) {
        dump.doneBytes = Math.min(dump.vm.memoryBytes, dump.doneBytes + this.bytesPerSecond * seconds);
        this.ticked.send(dump);
      } else if (dump.phase === 'capture') {
        dump.phase = 'finish';
        dump.message = 'Hashing and committing.';
        this.#say(dump, 'PHASE', `Dump of ${dump.vm.name}: finishing.`);
      } else this.#complete(dump);
    }
  }

  #complete(dump: MockDump): void {
    if (dump.kind === 'DUMP') {
      this.records.push({
        id: dump.id,
        time: Date.now(),
        vm: dump.vm,
        durationSec: (Date.now() - (dump.startedAt ?? 0)) / 1000,
        sizeBytes: Math.round(dump.vm.memoryBytes * 0.19),
        pauseMs: 2.1,
        method: 'SNAPSHOT',
        state: 'AVAILABLE',
      });
    }
    this.#finish(dump, 'COMPLETED', `Dump of ${dump.vm.name} completed.`);
  }

  #finish(dump: MockDump, state: 'COMPLETED' | 'FAILED' | 'CANCELLED', message: string): void {
    dump.state = state;
    dump.finishedAt = Date.now();
    dump.message = message;
    if (state === 'CANCELLED') dump.error = { code: 'CANCELLED', message, hint: 'Trigger it again.' };
    this.#say(dump, state, message);
  }

  #say(dump: MockDump, type: string, message: string): void {
    const { state, phase } = dump;
    const event = { seq: this.events.length + 1, type, at: Date.now(), dump, state, phase, message };
    this.events.push(event);
    this.eventAdded.send(event);
    this.ticked.send(dump);
  }

  #oldRecord(age: number, vm = this.vms[age % Math.min(4, this.vms.length)]!): void {
    const wave = 1 + Math.sin(age / 7) / 3;
    this.records.push({
      id: uuid(0x900000 + this.records.length),
      time: Date.now() - age * 5_400_000,
      vm,
      durationSec: 2.4 * wave,
      sizeBytes: Math.round(vm.memoryBytes * 0.2 * wave),
      pauseMs: age % 9 === 0 ? 1800 * wave : 2 * wave,
      method: age % 9 === 0 ? 'CORE_DUMP' : 'SNAPSHOT',
      state: age % 13 === 5 ? 'DELETED' : 'AVAILABLE',
    });
  }
}
