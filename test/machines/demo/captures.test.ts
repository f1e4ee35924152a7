import { afterEach, describe, expect, it } from 'vitest';
import { MemoirError } from '../../../src/domain/memoir-error.ts';
import type { CaptureMethod, MethodChoice } from '../../../src/machines/capture.ts';
import type { DemoBehaviour } from '../../../src/machines/demo/demo-behaviour.ts';
import { createDemoHypervisor, type DemoHypervisor } from '../../../src/machines/demo/demo-hypervisor.ts';
import { demoFleet } from '../../../src/machines/demo/demo-machine.ts';
import type { MachineChange } from '../../../src/machines/machine.ts';
import { InProcessReader } from '../../fakes/in-process-reader.ts';

const name = 'web-01';
const machines = demoFleet.map((spec) => ({ ...spec, memoryBytes: spec.memoryBytes / 4 }));
let hypervisor: DemoHypervisor;

afterEach(() => hypervisor.close());

/** Starts a capture; `moved` settles when the first bytes have come. */
async function start(choice: MethodChoice = 'AUTO', behaviour: DemoBehaviour | null = null) {
  hypervisor = createDemoHypervisor({ speedBytesPerSec: null, machines });
  hypervisor.controls.behave(name, behaviour);
  const changes: MachineChange[] = [];
  hypervisor.watch({ machine: (change) => changes.push(change) });
  const machine = await hypervisor.find(name);
  if (machine === null) throw new Error('the machine is missing');
  const plan = await hypervisor.plan(machine, choice);
  const moved = Promise.withResolvers<void>();
  const reader = new InProcessReader(plan, { moved: () => moved.resolve() });
  const controller = new AbortController();
  const outcome = hypervisor.capture(plan, reader, controller.signal);
  outcome.catch(() => undefined);
  const states = (): string[] => changes.map((change) => (change.type === 'GONE' ? 'GONE' : change.machine.state));
  return { machine, plan, reader, controller, outcome, moved: moved.promise, states };
}

const methods: CaptureMethod[] = ['SNAPSHOT', 'CORE_DUMP'];

describe('captures of the demo', () => {
  it('pause for one to six milliseconds by snapshot, and nobody sees it', async () => {
    const { outcome, states } = await start('SNAPSHOT');
    const { guestPauseMs } = await outcome;
    expect(guestPauseMs).toBeGreaterThanOrEqual(1);
    expect(guestPauseMs).toBeLessThanOrEqual(6);
    expect(states()).toEqual([]);
  });

  it('pause a running machine throughout by core dump, and everybody sees it', async () => {
    const { outcome, moved, states } = await start('CORE_DUMP');
    await moved;
    expect(await hypervisor.find(name)).toMatchObject({ state: 'PAUSED', stateReason: 'dumping' });
    expect((await outcome).guestPauseMs).toBeGreaterThan(0);
    expect(states()).toEqual(['PAUSED', 'RUNNING']);
  });

  it('cost a paused machine no pause, and find its memory as it was', async () => {
    const { outcome } = await start();
    await outcome;
    const digests: string[] = [];
    for (let time = 0; time < 2; time++) {
      const machine = await hypervisor.find('build-01');
      const plan = await hypervisor.plan(machine as NonNullable<typeof machine>, 'AUTO');
      const reader = new InProcessReader(plan, { keepImage: true });
      const { guestPauseMs } = await hypervisor.capture(plan, reader, new AbortController().signal);
      expect(guestPauseMs).toBe(0);
      digests.push(reader.recorder.digest());
    }
    expect(digests[0]).toBe(digests[1]);
  });

  it('find a running machine’s memory moved on', async () => {
    const { outcome, machine, plan } = await start();
    await outcome;
    expect((await hypervisor.plan(machine, 'AUTO')).source.options).not.toEqual(plan.source.options);
  });

  it.each(methods)('fail by %s with the code of a stream that breaks off', async (method) => {
    const { outcome, reader } = await start(method, { type: 'FAIL', atByte: 5_000_000, code: 'STREAM_INVALID' });
    await expect(outcome).rejects.toMatchObject({ code: 'STREAM_INVALID' });
    expect(reader.recorder.passedBytes).toBeGreaterThanOrEqual(5_000_000);
    expect(reader.recorder.passedBytes).toBeLessThan(8_000_000);
    expect(reader.abandoned).toBe(1);
    expect(await hypervisor.find(name)).toMatchObject({ state: 'RUNNING' });
  });

  it.each(methods)('hang by %s until someone ends them', async (method) => {
    const { outcome, controller, moved } = await start(method, { type: 'HANG', atByte: 0 });
    await moved;
    const reason = new MemoirError('STALLED', 'nothing moved');
    controller.abort(reason);
    await expect(outcome).rejects.toBe(reason);
    expect(await hypervisor.find(name)).toMatchObject({ state: 'RUNNING' });
  });

  it('say that the guest is gone when it expires', async () => {
    const { outcome, states } = await start('AUTO', { type: 'GUEST_GONE', atByte: 1_000_000 });
    await expect(outcome).rejects.toMatchObject({ code: 'GUEST_GONE' });
    expect(states()).toEqual(['SHUT_OFF']);
  });

  it('fail when the source cannot be opened', async () => {
    const { outcome, reader } = await start('AUTO', { type: 'REFUSE_OPEN', code: 'CAPTURE_FAILED' });
    await expect(outcome).rejects.toMatchObject({ code: 'CAPTURE_FAILED' });
    expect(reader.recorder.passedBytes).toBe(0);
  });

  it('fail when every byte has come and the hypervisor then says no', async () => {
    const { outcome, reader } = await start('AUTO', { type: 'CONTROL_FAILS', code: 'HYPERVISOR_REFUSED' });
    await expect(outcome).rejects.toMatchObject({ code: 'HYPERVISOR_REFUSED' });
    await expect(reader.drained).resolves.toBeUndefined();
    expect(reader.recorder.missingPages).toBe(0);
    expect(reader.abandoned).toBe(1);
  });

  it('go at the speed that they are given, and the hypervisor says that it moves', async () => {
    const { outcome, reader } = await start('AUTO', { type: 'SLOW', bytesPerSec: 300_000_000 });
    await outcome;
    expect(reader.moves).toBeGreaterThan(0);
  });

  it.each(methods)('end by %s when someone shuts the machine off', async (method) => {
    const { outcome, moved } = await start(method, { type: 'HANG', atByte: 0 });
    await moved;
    hypervisor.controls.stop(name);
    await expect(outcome).rejects.toMatchObject({ code: 'GUEST_GONE' });
    expect(await hypervisor.find(name)).toMatchObject({ state: 'SHUT_OFF', vmid: null });
    hypervisor.controls.start(name);
    expect(await hypervisor.find(name)).toMatchObject({ state: 'RUNNING', vmid: '5' });
  });

  it('end when someone removes the machine', async () => {
    const { outcome, moved, states, plan } = await start('CORE_DUMP', { type: 'HANG', atByte: 0 });
    await moved;
    hypervisor.controls.remove(name);
    await expect(outcome).rejects.toMatchObject({ code: 'GUEST_GONE' });
    expect(states()).toEqual(['PAUSED', 'GONE']);
    const again = hypervisor.capture(plan, new InProcessReader(plan), new AbortController().signal);
    await expect(again).rejects.toMatchObject({ code: 'GUEST_GONE' });
  });

  it('end when the hypervisor goes away, and the machine goes on behind its back', async () => {
    const { outcome, moved } = await start('CORE_DUMP', { type: 'HANG', atByte: 0 });
    await moved;
    hypervisor.controls.goDown();
    await expect(outcome).rejects.toMatchObject({ code: 'HYPERVISOR_UNAVAILABLE' });
    hypervisor.controls.comeUp();
    expect(await hypervisor.find(name)).toMatchObject({ state: 'RUNNING' });
  });

  it('end when the hypervisor is closed', async () => {
    const { outcome, moved } = await start('AUTO', { type: 'HANG', atByte: 0 });
    await moved;
    await hypervisor.close();
    await expect(outcome).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });

  it('are one at a time for a machine', async () => {
    const { plan, moved, controller, outcome } = await start('SNAPSHOT', { type: 'HANG', atByte: 0 });
    await moved;
    const second = hypervisor.capture(plan, new InProcessReader(plan), new AbortController().signal);
    await expect(second).rejects.toMatchObject({ code: 'HYPERVISOR_REFUSED' });
    controller.abort(new MemoirError('CANCELLED', 'enough'));
    await expect(outcome).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('look at the machine again before they begin', async () => {
    const { outcome, plan } = await start('SNAPSHOT');
    await outcome;
    const again = (): Promise<unknown> =>
      hypervisor.capture(plan, new InProcessReader(plan), new AbortController().signal);
    hypervisor.controls.pause(name);
    await expect(again()).rejects.toMatchObject({ code: 'METHOD_UNAVAILABLE' });
    hypervisor.controls.stop(name);
    await expect(again()).rejects.toMatchObject({ code: 'NOT_RUNNING' });
    expect(await hypervisor.find(name)).toMatchObject({ state: 'SHUT_OFF' });
  });
});
