import type { Actor } from '../../access/actor.ts';
import type { Ask } from './ask.ts';

interface Payload {
  readonly vms: readonly {
    readonly id: string;
    readonly name: string;
    readonly vmid: string | null;
    readonly state: string;
    readonly memoryBytes: number;
    readonly vcpus: number;
  }[];
}

/** `GET /api/telemetry/live-vms`: what the old dashboard filled its selector with, running machines first. */
export async function listLiveVms(ask: Ask, actor: Actor) {
  const { vms } = await ask<Payload>(actor, '{ vms { id name vmid state memoryBytes vcpus } }');
  const rows = vms.map(({ id, name, vmid, state, memoryBytes, vcpus }) => ({
    id: vmid ?? id,
    name,
    uuid: id,
    state: state.toLowerCase(),
    memory_bytes: memoryBytes,
    vcpus,
  }));
  rows.sort((a, b) => Number(b.state === 'running') - Number(a.state === 'running'));
  return { vms: rows, count: rows.length };
}
