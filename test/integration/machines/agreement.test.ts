import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hypervisor } from '../../../src/machines/hypervisor.ts';
import { createLibvirtHypervisor } from '../../../src/machines/libvirt/hypervisor.ts';
import { type MachineChange, type MachineState, machineStates } from '../../../src/machines/machine.ts';
import { type Bench, startBench } from '../bench/bench.ts';
import { domainXml } from '../bench/domain-xml.ts';
import { lacksBench } from '../bench/generation.ts';
import { idle } from '../bench/programs.ts';

/** virsh's words for our states. */
const words: Readonly<Record<MachineState, string>> = {
  RUNNING: 'running',
  BLOCKED: 'idle',
  PAUSED: 'paused',
  SUSPENDED: 'pmsuspended',
  SHUTTING_DOWN: 'in shutdown',
  SHUT_OFF: 'shut off',
  CRASHED: 'crashed',
  UNKNOWN: 'no state',
};

describe.skipIf(lacksBench())('what libvirt’s machines say', () => {
  let bench: Bench;
  let hypervisor: Hypervisor;

  beforeAll(async () => {
    bench = await startBench();
    await bench.startGuest({
      name: 'runs',
      program: idle(),
      vcpus: 2,
      memoryMiB: 160,
      domainXml: '<title>two &lt;cpus&gt; &amp; "quotes"</title>',
      devicesXml: "<interface type='user'><model type='virtio'/></interface>",
    });
    const rests = await bench.startGuest({ name: 'rests', program: idle(), memoryMiB: 128, machine: 'pc' });
    await bench.virsh('suspend', rests.uuid);
    await define('off');
    hypervisor = await createLibvirtHypervisor({ uri: bench.uri, stateFolder: join(bench.folder, 'state') });
  }, 240_000);
  afterAll(async () => {
    await hypervisor?.close();
    await bench?.close();
  });

  async function define(name: string): Promise<void> {
    const path = join(bench.folder, `${name}.xml`);
    const boot = { kernel: join(bench.folder, 'boot', 'vmlinuz'), initrd: '/nonexistent' };
    const console = join(bench.folder, `${name}.log`);
    await writeFile(path, domainXml({ name, memoryMiB: 64, vcpus: 3, machine: 'q35', boot, console }));
    await bench.virsh('define', path);
  }

  it('is what virsh says, field by field', async () => {
    const machines = await hypervisor.list();
    const listed = (await bench.virsh('list', '--all', '--name')).split('\n').filter((name) => name !== '');
    expect(machines.map(({ name }) => name)).toEqual(listed.sort());
    for (const { id, name, vmid, state, stateReason, title, memoryBytes, vcpus } of machines) {
      const info = new Map(
        (await bench.virsh('dominfo', id)).split('\n').map((line) => line.split(/:\s+/, 2) as [string, string]),
      );
      expect(info.get('UUID')).toBe(id);
      expect(info.get('Name')).toBe(name);
      expect(info.get('Id')).toBe(vmid ?? '-');
      expect(info.get('CPU(s)')).toBe(String(vcpus));
      expect(info.get('Max memory')).toBe(`${memoryBytes / 1024} KiB`);
      expect(await bench.virsh('domstate', '--reason', id)).toBe(`${words[state]} (${stateReason ?? 'unknown'})`);
      const desc = await bench.virsh('desc', '--title', id);
      expect(desc).toBe(title ?? '');
      expect(await hypervisor.find(id)).toEqual(await hypervisor.find(name));
      expect(vmid === null).toBe(!machineStates[state].hasMemory);
    }
    expect(machines.find(({ name }) => name === 'runs')?.title).toBe('two <cpus> & "quotes"');
  });

  it('is measured as virsh measures it', async () => {
    const measured = await hypervisor.measure();
    expect(measured.map(({ name }) => name).sort()).toEqual(['rests', 'runs']);
    for (const { machineId, cpuTimeNs, memoryBytes, vcpus, networkTransmitBytes, memoryRssBytes } of measured) {
      const stats = new Map(
        (await bench.virsh('domstats', machineId))
          .split('\n')
          .map((line) => line.trim().split('=', 2) as [string, string]),
      );
      // Counters go on between the two readings, and never back.
      expect(Number(stats.get('cpu.time'))).toBeGreaterThanOrEqual(cpuTimeNs ?? Number.NaN);
      expect(Number(stats.get('balloon.maximum')) * 1024).toBe(memoryBytes);
      expect(Number(stats.get('vcpu.current'))).toBe(vcpus);
      // A user-mode network has no counters: nobody knows, which is not zero.
      const hasNetwork = Number(stats.get('net.count')) > 0;
      expect(networkTransmitBytes).toBe(hasNetwork ? null : 0);
      expect(stats.get('net.0.tx.bytes')).toBeUndefined();
      expect(memoryRssBytes).toBeGreaterThan(1 << 20);
    }
  });

  it('changes as it is defined, started, renamed by its title, ended and undefined, without being asked', async () => {
    const changes: MachineChange[] = [];
    let wake = Promise.withResolvers<void>();
    const end = hypervisor.watch({
      machine: (change) => {
        changes.push(change);
        wake.resolve();
      },
    });
    const until = async (wanted: (change: MachineChange) => boolean): Promise<void> => {
      while (!changes.some(wanted)) {
        wake = Promise.withResolvers();
        await wake.promise;
      }
    };
    const isState = (name: string, state: MachineState) => (change: MachineChange) =>
      change.type === 'CHANGED' && change.machine.name === name && change.machine.state === state;
    await define('comes');
    await until(isState('comes', 'SHUT_OFF'));
    await bench.virsh('desc', 'comes', '--config', '--title', 'a title');
    await until((change) => change.type === 'CHANGED' && change.machine.title === 'a title');
    await bench.virsh('undefine', 'comes');
    await until((change) => change.type === 'GONE' && change.name === 'comes');
    const transient = await bench.startGuest({ name: 'passes', program: idle(), memoryMiB: 128 });
    await until(isState('passes', 'RUNNING'));
    await transient.destroy();
    await until((change) => change.type === 'GONE' && change.name === 'passes');
    end();
    expect(changes.filter(isState('passes', 'RUNNING'))).toHaveLength(1);
  });

  it('is not marked as tainted by being listed, found, watched and measured', async () => {
    for (const name of ['runs', 'rests']) expect(await bench.virsh('dominfo', name)).not.toMatch(/custom monitor/);
  });

  it('is told after the daemon was away, as differences', { timeout: 120_000 }, async () => {
    const changes: MachineChange[] = [];
    const back = Promise.withResolvers<void>();
    await bench.libvirtd.stop();
    const end = hypervisor.watch({
      machine: (change) => {
        changes.push(change);
        back.resolve();
      },
    });
    await expect(hypervisor.list()).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    expect(hypervisor.status()).toMatchObject({ state: 'DOWN', reason: expect.any(String), mend: expect.any(String) });
    await bench.libvirtd.start();
    await define('new');
    await back.promise;
    end();
    const { reason, mend, state } = hypervisor.status();
    expect({ reason, mend, state }).toEqual({ reason: null, mend: null, state: 'UP' });
    expect(changes.every((change) => change.type === 'CHANGED')).toBe(true);
  });

  it('is offered no capture by a driver that is not QEMU', async () => {
    const uri = bench.uri.replace('qemu+unix:///system', 'test+unix:///default');
    const other = await createLibvirtHypervisor({ uri, stateFolder: join(bench.folder, 'state-test') });
    try {
      const [machine] = await other.list();
      expect(machine).toMatchObject({ name: 'test', state: 'RUNNING', memoryBytes: 8 * 2 ** 30, vcpus: 2 });
      if (machine === undefined) return;
      const { automatic, blockers } = await other.captureOptions(machine);
      expect(automatic).toBeNull();
      expect(blockers.map(({ code }) => code)).toEqual(['METHOD_UNAVAILABLE', 'METHOD_UNAVAILABLE']);
      await expect(other.plan(machine, 'AUTO')).rejects.toMatchObject({ code: 'METHOD_UNAVAILABLE' });
      expect(await other.recover()).toEqual({ repaired: [], pending: [] });
    } finally {
      await other.close();
    }
  });
});
