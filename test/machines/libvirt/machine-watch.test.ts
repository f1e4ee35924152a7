import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import type { DomainRef } from '../../../src/libvirt/protocol/handles.ts';
import { lifecycleEvents } from '../../../src/libvirt/protocol/values.ts';
import { DomainRecords } from '../../../src/machines/libvirt/inventory/domain-records.ts';
import { MachineWatch } from '../../../src/machines/libvirt/inventory/machine-watch.ts';
import type { MachineChange } from '../../../src/machines/machine.ts';
import { fakeTime } from '../../fakes/fake-time.ts';
import { parametersOf } from '../../fakes/libvirt/parameters.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';
import { machineId } from '../../fakes/machines.ts';

it('a watch that is closed in the middle of a look leaves the event loop alone', async () => {
  const thread = new Worker(new URL('../../fakes/closed-watch.ts', import.meta.url));
  const said = await Promise.race([once(thread, 'message').then(([text]) => text), sleep(20_000, 'nothing')]);
  await thread.terminate();
  expect(said).toBe('goes on');
});

describe('a watch', () => {
  let links: ScriptedLinks;
  let watch: MachineWatch;
  let states: Map<string, number>;
  let told: MachineChange[];
  let looks: string[];
  /** Before each answer to a look: what it waits for, or its failure. */
  let onLook: () => Promise<void> | void;

  const refOf = (name: string): DomainRef => {
    const number = Number(name.slice(3));
    return { name, uuid: machineId(number), id: number };
  };
  const event = (name: string, kind: keyof typeof lifecycleEvents = 'resumed') =>
    links.links.control.emit('lifecycle', { domain: refOf(name), event: lifecycleEvents[kind], detail: 0 });
  /** What was told since the last time, in short. */
  const news = (): string[] =>
    told
      .splice(0)
      .map((change) =>
        change.type === 'GONE' ? `${change.name} gone` : `${change.machine.name} ${change.machine.state}`,
      );
  const calm = () => vi.advanceTimersByTimeAsync(30);
  const xmlAsked = () => links.asked.filter(({ name }) => name === 'domainGetXmlDesc').length;
  /** What is warned of, until the test is over. */
  const warnings = () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => warned.mockRestore());
    return warned;
  };

  beforeEach(() => {
    fakeTime();
    links = new ScriptedLinks();
    states = new Map([
      ['vm-1', 1],
      ['vm-2', 1],
    ]);
    told = [];
    looks = [];
    onLook = () => undefined;
    links.answers = {
      connectGetAllDomainStats: async ({ domains }) => {
        const names = domains.length === 0 ? [...states.keys()] : domains.map(({ name }) => name);
        looks.push(domains.length === 0 ? 'all' : names.join());
        await onLook();
        return names.map((name) => {
          const state = states.get(name);
          if (state === undefined) throw new LibvirtError('NO_DOMAIN', 'gone');
          return { domain: refOf(name), parameters: parametersOf({ 'state.state': state }) };
        });
      },
      domainGetXmlDesc: () => '<domain/>',
    };
    watch = new MachineWatch(links.control, new DomainRecords(links.control, links.silent), (change) =>
      told.push(change),
    );
    onTestFinished(() => watch.close());
  });

  describe('on a new connection', () => {
    it('tells every machine, and next time what has changed meanwhile: first what is gone', async () => {
      await watch.resume();
      expect(news()).toEqual(['vm-1 RUNNING', 'vm-2 RUNNING']);
      await watch.resume();
      expect(news()).toEqual([]);
      states = new Map([
        ['vm-2', 3],
        ['vm-3', 1],
      ]);
      await watch.resume();
      expect(news()).toEqual(['vm-1 gone', 'vm-2 PAUSED', 'vm-3 RUNNING']);
      expect(looks).toEqual(['all', 'all', 'all']);
    });

    it('asks each machine anew what it is', async () => {
      await watch.resume();
      await watch.resume();
      expect(xmlAsked()).toBe(4);
    });

    it('looks at nothing by itself that events named before: that is among all', async () => {
      event('vm-1');
      await watch.resume();
      await calm();
      expect(looks).toEqual(['all']);
    });
  });

  describe('by an event', () => {
    beforeEach(async () => {
      await watch.resume();
      told = [];
      looks = [];
      links.asked.length = 0;
    });

    it('looks at that machine when it has been calm for 30 ms, once for all events, and tells the difference', async () => {
      states.set('vm-1', 3);
      event('vm-1', 'suspended');
      await vi.advanceTimersByTimeAsync(29);
      event('vm-1', 'resumed');
      event('vm-2', 'resumed');
      expect(looks).toEqual([]);
      await vi.advanceTimersByTimeAsync(1);
      expect(looks).toEqual(['vm-1', 'vm-2']);
      expect(news()).toEqual(['vm-1 PAUSED']);
      await calm();
      expect(looks).toHaveLength(2);
    });

    it('tells nothing of a pause of milliseconds', async () => {
      event('vm-1', 'suspended');
      event('vm-1', 'resumed');
      await calm();
      expect(looks).toEqual(['vm-1']);
      expect(news()).toEqual([]);
    });

    it('tells of one that is gone, once, by the name that it had; and nothing of one that was never known', async () => {
      const warned = warnings();
      states.delete('vm-1');
      event('vm-1', 'undefined');
      event('vm-9', 'stopped');
      await calm();
      expect(news()).toEqual(['vm-1 gone']);
      event('vm-1', 'undefined');
      await calm();
      expect(news()).toEqual([]);
      states.set('vm-1', 1);
      event('vm-1', 'defined');
      await calm();
      expect(news()).toEqual(['vm-1 RUNNING']);
      expect(warned).not.toHaveBeenCalled();
    });

    it.each([
      ['defined', 1],
      ['undefined', 1],
      ['started', 1],
      ['stopped', 1],
      ['suspended', 0],
      ['resumed', 0],
      ['shutdown', 0],
      ['pmSuspended', 0],
      ['crashed', 0],
    ] as const)('asks anew what the machine is where that may have changed: %s', async (kind, times) => {
      event('vm-1', kind);
      await calm();
      expect(looks).toEqual(['vm-1']);
      expect(xmlAsked()).toBe(times);
    });

    it('asks anew too when its title or its devices change', async () => {
      const domain = refOf('vm-1');
      links.links.control.emit('metadataChange', { domain, type: 1, uri: null });
      await calm();
      links.links.control.emit('deviceAdded', { domain, alias: 'net1' });
      await calm();
      links.links.control.emit('deviceRemoved', { domain, alias: 'net1' });
      await calm();
      expect(looks).toEqual(['vm-1', 'vm-1', 'vm-1']);
      expect(xmlAsked()).toBe(3);
    });

    it('looks at one machine at a time, and again at one that was touched during its look', async () => {
      const answers = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      onLook = () => answers[looks.length - 1]?.promise;
      event('vm-1');
      await calm();
      expect(looks).toEqual(['vm-1']);
      event('vm-1');
      event('vm-2');
      await calm();
      expect(looks).toEqual(['vm-1']);
      states.set('vm-1', 3);
      answers[0]?.resolve();
      await calm();
      expect(looks).toEqual(['vm-1', 'vm-1']);
      answers[1]?.resolve();
      await calm();
      expect(looks).toEqual(['vm-1', 'vm-1', 'vm-2']);
      expect(news()).toEqual(['vm-1 PAUSED']);
    });

    it('looks at all in the middle of it when the connection is new, and resolves when that is told', async () => {
      const first = Promise.withResolvers<void>();
      onLook = () => (looks.length === 1 ? first.promise : undefined);
      event('vm-1');
      await calm();
      states.set('vm-2', 3);
      const resumed = watch.resume();
      first.resolve();
      await resumed;
      expect(looks).toEqual(['vm-1', 'all']);
      expect(news()).toEqual(['vm-2 PAUSED']);
    });

    it('waits for the next connection where libvirt is away', async () => {
      const warned = warnings();
      onLook = () => {
        links.links.control.state = { kind: 'down' };
        throw new LibvirtError('CONNECTION_LOST', 'away');
      };
      event('vm-1');
      event('vm-2');
      await calm();
      expect(looks).toEqual(['vm-1']);
      expect(vi.getTimerCount()).toBe(0);
      links.links.control.state = { kind: 'up' };
      onLook = () => undefined;
      states.set('vm-1', 3);
      await watch.resume();
      expect(news()).toEqual(['vm-1 PAUSED']);
      expect(warned).not.toHaveBeenCalled();
    });

    it('looks at everything after half a minute where libvirt left a look unanswered and the connection is there', async () => {
      onLook = () => {
        throw new LibvirtError('TIMEOUT', 'no answer');
      };
      states.set('vm-2', 3);
      event('vm-1');
      event('vm-2');
      await calm();
      // By its figures, then by its state alone; what else was touched is among everything.
      expect(looks).toEqual(['vm-1', 'vm-1']);
      await vi.advanceTimersByTimeAsync(29_999);
      expect(looks).toHaveLength(2);
      onLook = () => undefined;
      await vi.advanceTimersByTimeAsync(1);
      expect(looks.slice(2)).toEqual(['all']);
      expect(news()).toEqual(['vm-2 PAUSED']);
      expect(vi.getTimerCount()).toBe(0);
    });

    it('looks at everything as soon as something happens meanwhile, and then waits for no more', async () => {
      onLook = () => {
        throw new LibvirtError('TIMEOUT', 'no answer');
      };
      event('vm-1');
      await calm();
      await vi.advanceTimersByTimeAsync(10_000);
      event('vm-1');
      await calm();
      await vi.advanceTimersByTimeAsync(29_999);
      expect(looks).toEqual(['vm-1', 'vm-1', 'all', 'all']);
      onLook = () => undefined;
      states.set('vm-2', 3);
      event('vm-1');
      await calm();
      expect(looks.slice(4)).toEqual(['all']);
      expect(news()).toEqual(['vm-2 PAUSED']);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(looks).toHaveLength(5);
    });

    it('warns of an answer that makes no sense, and goes on with the others', async () => {
      const warned = warnings();
      const faults: unknown[] = [new LibvirtError('INTERNAL_ERROR', 'no sense'), 'a text'];
      onLook = () => {
        const fault = faults.shift();
        if (fault !== undefined) throw fault;
      };
      for (const name of ['vm-1', 'vm-2', 'vm-3']) {
        states.set(name, 3);
        event(name);
      }
      await calm();
      expect(looks).toEqual(['vm-1', 'vm-2', 'vm-3']);
      expect(news()).toEqual(['vm-3 PAUSED']);
      expect(warned.mock.calls).toEqual([[expect.objectContaining({ code: 'INTERNAL_ERROR' })], ['a text']]);
    });
  });

  describe('that is closed', () => {
    it('does not look at what was left unanswered', async () => {
      onLook = () => {
        throw new LibvirtError('TIMEOUT', 'no answer');
      };
      await watch.resume();
      watch.close();
      expect(vi.getTimerCount()).toBe(0);
    });

    it('looks at nothing more that was touched before', async () => {
      event('vm-1');
      watch.close();
      expect(vi.getTimerCount()).toBe(0);
      await watch.resume();
      expect(looks).toEqual([]);
    });

    it('looks at nothing that is touched after', async () => {
      watch.close();
      event('vm-1');
      expect(vi.getTimerCount()).toBe(0);
      await calm();
      expect(looks).toEqual([]);
    });

    it('does not look again because a look that was under way is left unanswered', async () => {
      const first = Promise.withResolvers<void>();
      onLook = () => first.promise;
      const resumed = watch.resume();
      await calm();
      watch.close();
      first.reject(new LibvirtError('TIMEOUT', 'no answer'));
      await resumed;
      expect(vi.getTimerCount()).toBe(0);
    });

    it('tells nothing of a look that was under way', async () => {
      const first = Promise.withResolvers<void>();
      onLook = () => first.promise;
      const resumed = watch.resume();
      await calm();
      watch.close();
      first.resolve();
      await resumed;
      expect(looks).toEqual(['all']);
      expect(news()).toEqual([]);
    });
  });

  it('does without events that the hypervisor refuses', async () => {
    links.links.control.subscribe = () => Promise.reject(new LibvirtError('NO_SUPPORT', 'no such event'));
    const other = new MachineWatch(links.control, new DomainRecords(links.control, links.silent), (change) =>
      told.push(change),
    );
    await other.resume();
    expect(news()).toEqual(['vm-1 RUNNING', 'vm-2 RUNNING']);
    other.close();
  });
});
