import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import type { HypervisorListener, HypervisorStatus } from '../../../src/machines/hypervisor.ts';
import { LinkStatus, Watchers } from '../../../src/machines/libvirt/link/link-status.ts';
import { machine } from '../../fakes/machines.ts';

describe('what people see of the link', () => {
  let nowMs: number;
  let told: HypervisorStatus[];
  let status: LinkStatus;
  const down = (text: string, mend?: string) =>
    status.take({
      kind: 'down',
      reason: new LibvirtError('CONNECTION_LOST', text),
      mend,
      attempt: 1,
      retryInMs: 250,
    });

  beforeEach(() => {
    nowMs = 1_000;
    told = [];
    status = new LinkStatus(
      'qemu+ssh://root:secret@host/system',
      () => nowMs,
      (current) => told.push(current),
    );
    nowMs = 2_000;
  });

  it('is that it connects, at first, by an address without secrets', () => {
    expect(status.current).toEqual({
      state: 'CONNECTING',
      uri: 'qemu+ssh://root@host/system',
      version: null,
      sinceMs: 1_000,
      reason: null,
      mend: null,
    });
    expect(told).toEqual([]);
  });

  it('is up from the moment that the hypervisor has said what it is', () => {
    status.up('libvirt 11.3.0');
    expect(status.current).toMatchObject({ state: 'UP', version: 'libvirt 11.3.0', sinceMs: 2_000, reason: null });
    expect(told).toEqual([status.current]);
    nowMs = 3_000;
    status.up('libvirt 11.3.0');
    expect(told).toHaveLength(1);
    status.up('libvirt 11.3.0, QEMU 10.0.2');
    expect(told).toHaveLength(2);
    expect(status.current).toMatchObject({ version: 'libvirt 11.3.0, QEMU 10.0.2', sinceMs: 2_000 });
  });

  it('is down with the reason and what helps, since it was first lost', () => {
    status.up('libvirt 11.3.0');
    nowMs = 4_000;
    down('reset by peer');
    expect(status.current).toMatchObject({
      state: 'DOWN',
      version: 'libvirt 11.3.0',
      sinceMs: 4_000,
      reason: 'reset by peer',
      mend: 'Memoir reconnects automatically.',
    });
    nowMs = 5_000;
    down('reset by peer');
    expect(told).toHaveLength(2);
    down('no such socket', 'Start the daemon.');
    expect(told).toHaveLength(3);
    expect(status.current).toMatchObject({ sinceMs: 4_000, reason: 'no such socket', mend: 'Start the daemon.' });
    nowMs = 6_000;
    status.up('libvirt 11.3.0');
    expect(status.current).toMatchObject({ state: 'UP', sinceMs: 6_000, reason: null, mend: null });
  });

  it('is still that it is down while it is dialled again', () => {
    down('reset by peer');
    status.take({ kind: 'connecting', attempt: 2 });
    expect(status.current.state).toBe('DOWN');
    expect(told).toHaveLength(1);
  });

  it('is down when the connection was closed for good', () => {
    status.up('libvirt 11.3.0');
    status.take({ kind: 'closed' });
    expect(status.current).toMatchObject({
      state: 'DOWN',
      reason: 'the connection was closed',
      mend: 'Start the server.',
    });
    expect(told.at(-1)).toBe(status.current);
  });

  it('is that it is degraded while calls are unanswered, and up again without them', () => {
    status.up('libvirt 11.3.0');
    nowMs = 3_000;
    status.unanswered(1);
    expect(status.current).toMatchObject({
      state: 'DEGRADED',
      version: 'libvirt 11.3.0',
      sinceMs: 3_000,
      reason: expect.stringContaining('left 1 call unanswered beyond its time limit'),
      mend: expect.stringContaining('virsh domstats'),
    });
    nowMs = 4_000;
    status.unanswered(2);
    expect(status.current).toMatchObject({
      sinceMs: 3_000,
      reason: expect.stringContaining('left 2 calls unanswered beyond their time limit'),
    });
    status.unanswered(0);
    expect(status.current).toMatchObject({ state: 'UP', sinceMs: 4_000, reason: null, mend: null });
    expect(told.map(({ state }) => state)).toEqual(['UP', 'DEGRADED', 'DEGRADED', 'UP']);
  });

  it('is not that it is up because calls are unanswered, or are no more, while it is down', () => {
    status.unanswered(1);
    expect(told).toEqual([]);
    down('reset by peer');
    status.unanswered(0);
    status.unanswered(1);
    expect(status.current.state).toBe('DOWN');
    expect(told).toHaveLength(1);
    status.up('libvirt 11.3.0');
    expect(status.current.state).toBe('DEGRADED');
  });
});

describe('those who watch', () => {
  const change = { type: 'CHANGED', machine: machine(1) } as const;
  const state: HypervisorStatus = {
    state: 'UP',
    uri: 'qemu:///system',
    version: null,
    sinceMs: 0,
    reason: null,
    mend: null,
  };

  it('hear of what they asked for, until they go', () => {
    const watchers = new Watchers();
    const heard: unknown[] = [];
    const listener: HypervisorListener = {
      machine: (one) => heard.push(one),
      status: (one) => heard.push(one),
    };
    const leave = watchers.add(listener);
    watchers.add(listener);
    watchers.add({});
    watchers.tellChange(change);
    watchers.tellStatus(state);
    expect(heard).toEqual([change, change, state, state]);
    leave();
    leave();
    watchers.tellChange(change);
    expect(heard).toHaveLength(5);
    watchers.clear();
    watchers.tellStatus(state);
    expect(heard).toHaveLength(5);
  });

  it('do not hear of each other’s faults: those are warned of', () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    const watchers = new Watchers();
    const fault = new Error('a listener’s own');
    const heard: unknown[] = [];
    watchers.add({
      machine: () => {
        throw fault;
      },
      status: () => {
        throw 'a text';
      },
    });
    watchers.add({ machine: (one) => heard.push(one), status: (one) => heard.push(one) });
    watchers.tellChange(change);
    watchers.tellStatus(state);
    expect(heard).toEqual([change, state]);
    expect(warned.mock.calls).toEqual([[fault], ['a text']]);
  });
});
