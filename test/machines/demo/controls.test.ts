import { describe, expect, it } from 'vitest';
import { createDemoHypervisor } from '../../../src/machines/demo/demo-hypervisor.ts';
import { demoFleet } from '../../../src/machines/demo/demo-machine.ts';
import type { HypervisorStatus } from '../../../src/machines/hypervisor.ts';
import type { MachineChange } from '../../../src/machines/machine.ts';

const watched = () => {
  const hypervisor = createDemoHypervisor({ speedBytesPerSec: null });
  const told: string[] = [];
  hypervisor.watch({
    machine: (change: MachineChange) =>
      told.push(change.type === 'GONE' ? `${change.name} gone` : `${change.machine.name} ${change.machine.state}`),
    status: (status: HypervisorStatus) => told.push(status.state),
  });
  return { hypervisor, controls: hypervisor.controls, told };
};
const added = {
  ...demoFleet[0],
  id: '00000000-0000-4000-8000-00000000000a',
  name: 'cache-01',
} as (typeof demoFleet)[number];

describe('the demo’s machines', () => {
  it('are a small shop’s, in every state, and say that they are a demo', async () => {
    const { hypervisor } = watched();
    expect(
      (await hypervisor.list()).map(({ name, state, memoryBytes, vmid }) => [name, state, memoryBytes >> 20, vmid]),
    ).toEqual([
      ['backup-01', 'SHUT_OFF', 512, null],
      ['build-01', 'PAUSED', 256, '4'],
      ['db-01', 'RUNNING', 1024, '3'],
      ['mail-01', 'RUNNING', 256, '2'],
      ['web-01', 'RUNNING', 128, '1'],
    ]);
    expect(hypervisor.kind).toBe('demo');
    expect(hypervisor.status()).toMatchObject({ uri: 'demo:///', state: 'UP' });
  });

  it('tell everything that a person does to them, once and in order', () => {
    const { controls, told } = watched();
    controls.pause('web-01');
    controls.resume('web-01');
    controls.stop('web-01');
    controls.start('web-01');
    controls.add(added);
    controls.remove('cache-01');
    expect(told).toEqual([
      'web-01 PAUSED',
      'web-01 RUNNING',
      'web-01 SHUT_OFF',
      'web-01 RUNNING',
      'cache-01 RUNNING',
      'cache-01 gone',
    ]);
  });

  it('refuse what makes no sense', () => {
    const { controls, told } = watched();
    expect(() => controls.pause('backup-01')).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    expect(() => controls.resume('nobody')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    expect(() => controls.add({ ...added, name: 'web-01' })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    expect(() => controls.add({ ...added, memoryBytes: 5000 })).toThrow(expect.objectContaining({ code: 'BAD_INPUT' }));
    expect(told).toEqual([]);
  });

  it('answer nobody while the hypervisor is away, and lose no change meanwhile', async () => {
    const { hypervisor, controls, told } = watched();
    const web = await hypervisor.find('web-01');
    if (web === null) throw new Error('the machine is missing');
    controls.goDown();
    controls.goDown();
    controls.pause('web-01');
    controls.pause('mail-01');
    controls.resume('mail-01');
    controls.remove('db-01');
    expect(hypervisor.status()).toMatchObject({ state: 'DOWN' });
    expect(hypervisor.status().reason).not.toBeNull();
    for (const call of [
      () => hypervisor.list(),
      () => hypervisor.find('web-01'),
      () => hypervisor.measure(),
      () => hypervisor.captureOptions(web),
      () => hypervisor.plan(web, 'AUTO'),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    }
    expect((await hypervisor.recover()).pending).toHaveLength(1);
    controls.comeUp();
    expect(told).toEqual(['DOWN', 'UP', 'db-01 gone', 'web-01 PAUSED']);
  });

  it('go on when a dead server had left them paused, and stay paused when a person did it', async () => {
    const { hypervisor, controls } = watched();
    controls.strand('web-01');
    controls.pause('mail-01');
    expect(await hypervisor.find('web-01')).toMatchObject({ state: 'PAUSED', stateReason: 'dumping' });
    expect((await hypervisor.recover()).repaired).toEqual([expect.stringContaining('web-01')]);
    expect((await hypervisor.recover()).repaired).toEqual([]);
    expect(await hypervisor.find('web-01')).toMatchObject({ state: 'RUNNING' });
    expect(await hypervisor.find('mail-01')).toMatchObject({ state: 'PAUSED' });
  });

  it('go on counting while they run, and only then', async () => {
    let elapsedMs = 0;
    let nowMs = 1_700_000_000_000;
    const hypervisor = createDemoHypervisor({ now: () => nowMs, elapsedMs: () => elapsedMs });
    const cpu = async (): Promise<Record<string, number>> =>
      Object.fromEntries((await hypervisor.measure()).map(({ name, cpuTimeNs }) => [name, cpuTimeNs ?? Number.NaN]));
    const before = await cpu();
    for (let second = 0; second < 60; second++) {
      const last = await cpu();
      elapsedMs += 1000;
      // The wall clock runs backwards, which is no reason for a counter to do so.
      nowMs -= 86_400_000;
      expect((await cpu())['web-01']).toBeGreaterThan(last['web-01'] as number);
    }
    const after = await cpu();
    expect(after['build-01']).toBe(before['build-01']);
    const busy = ((after['web-01'] as number) - (before['web-01'] as number)) / 60e9;
    expect(busy).toBeGreaterThan(0);
    expect(busy).toBeLessThan(1);
  });

  it('outlive a watcher that throws', () => {
    const { hypervisor, controls } = watched();
    const seen: MachineChange[] = [];
    hypervisor.watch({
      machine: () => {
        throw new Error('a broken listener');
      },
    });
    hypervisor.watch({ machine: (change) => seen.push(change) });
    controls.pause('web-01');
    expect(seen).toHaveLength(1);
  });
});
