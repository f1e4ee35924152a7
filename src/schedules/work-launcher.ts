import { type ErrorShape, MemoirError, toErrorShape } from '../domain/memoir-error.ts';
import type { Dumps } from '../dumps/dumps.ts';
import type { Heaps } from '../heaps/heaps.ts';
import type { Hypervisor } from '../machines/hypervisor.ts';
import { machineStates } from '../machines/machine.ts';
import type { Launch, Launcher, LaunchOutcome } from './launcher.ts';

export interface WorkLauncherParts {
  readonly dumps: Pick<Dumps, 'trigger'>;
  readonly heaps: Pick<Heaps, 'targets' | 'capture'>;
  readonly hypervisor: Pick<Hypervisor, 'list'>;
}

/** What passes by itself. */
const passing = new Set<ErrorShape['code']>([
  'ALREADY_ACTIVE',
  'QUEUE_FULL',
  'HYPERVISOR_UNAVAILABLE',
  'MACHINE_BUSY',
  'TARGET_UNAVAILABLE',
  'DATABASE_BUSY',
]);
const lookUpMs = 30_000;

/** Work through the front doors of dumps and heaps, as a person would ask for it. */
export function createWorkLauncher({ dumps, heaps, hypervisor }: WorkLauncherParts): Launcher {
  async function start({ work, target, key, actor }: Launch): Promise<LaunchOutcome> {
    if (work.kind === 'HEAP_PAIR') {
      const waitsSec = [work.waitMs / 1_000];
      const input = { target: target.id, service: target.name, waitsSec, idempotencyKey: key };
      const operation = await heaps.capture(input, actor);
      return { type: 'ACCEPTED', operationId: operation.id };
    }
    const { kind: _, maxPauseMs, ...options } = work;
    const limit = maxPauseMs === null ? {} : { maxPauseMs };
    const input = { ...options, ...limit, vms: [target.id], idempotencyKey: key };
    const { accepted, rejected } = await dumps.trigger(input, actor);
    // A repetition is answered with the operation of the first time, whatever the machine is at by now.
    const [operation] = accepted;
    if (operation !== undefined) return { type: 'ACCEPTED', operationId: operation.id };
    const error = rejected[0]?.error ?? toErrorShape(new MemoirError('INTERNAL', 'no answer for this machine'));
    return refusal(error);
  }

  return {
    async candidates(kind) {
      if (kind === 'DUMP') {
        const machines = await hypervisor.list();
        return machines.map(({ id, name, title, state }) => ({
          id,
          name,
          title,
          running: machineStates[state].hasMemory,
        }));
      }
      const { targets } = await heaps.targets({}, AbortSignal.timeout(lookUpMs));
      return targets.map(({ id, name, obstacle }) => ({ id, name, title: null, running: obstacle === null }));
    },
    async launch(launch) {
      try {
        return await start(launch);
      } catch (error) {
        return refusal(toErrorShape(error));
      }
    },
  };
}

const refusal = (error: ErrorShape): LaunchOutcome => ({ type: passing.has(error.code) ? 'LATER' : 'REFUSED', error });
