import type { Actor } from '../../access/actor.ts';
import { fieldOf } from '../../domain/field.ts';
import { MemoirError } from '../../domain/memoir-error.ts';
import type { Ask } from './ask.ts';

interface Vm {
  readonly id: string;
  readonly name: string;
  readonly vmid: string | null;
}

/**
 * The old callers name machines by the hypervisor's number (“101”) as well as by name. Answers each as the API knows it: a name
 * or a UUID as it is, a number as the name of the machine that has it now, anything else as it is, to be refused there.
 */
export async function toMachineNames(ask: Ask, actor: Actor, given: readonly string[]): Promise<string[]> {
  const { vms } = await ask<{ vms: Vm[] }>(actor, '{ vms { id name vmid } }');
  const known = new Set(vms.flatMap(({ id, name }) => [id, name]));
  return given.map((text) => (known.has(text) ? text : (vms.find(({ vmid }) => vmid === text)?.name ?? text)));
}

/** The list of a trigger's body: `vms`, or `vm_ids` as the dashboard calls it. */
export function readMachines(body: unknown): string[] {
  const list = fieldOf(body, 'vms') ?? fieldOf(body, 'vm_ids');
  if (!Array.isArray(list) || list.length === 0 || !list.every((one) => ['string', 'number'].includes(typeof one))) {
    throw new MemoirError('BAD_INPUT', '`vms` (or `vm_ids`) must be a list of at least one machine');
  }
  return list.map(String);
}
