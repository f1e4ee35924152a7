import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { jobOperations } from '../../../src/libvirt/protocol/values.ts';
import type { CaptureNote } from '../../../src/machines/libvirt/guest/capture-note.ts';
import { restore } from '../../../src/machines/libvirt/guest/restoration.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

type Job = keyof typeof jobOperations | null;

const domain = { name: 'db01', uuid: '00000000-0000-4000-8000-000000000001', id: 7 };
const note: CaptureNote = {
  machineId: domain.uuid,
  machineName: domain.name,
  domainId: domain.id,
  method: 'SNAPSHOT',
  wasRunning: true,
  touched: true,
  interruptible: true,
  places: [],
  sockets: [],
  volume: null,
};
const dump: CaptureNote = { ...note, method: 'CORE_DUMP' };
const turnedOff = '"db01": turned off a leftover background-snapshot capability';
const resumed = '"db01" was left paused by a capture and has been resumed';

const running = { state: 1, reason: 1 };
const pausedForDump = { state: 3, reason: 4 };

const fail = (code: LibvirtError['code']) => new LibvirtError(code, `as if ${code}`);
/** The answers in turn, the last of them again and again; an error is thrown. */
function inTurn<T>(...answers: (T | Error)[]): () => T {
  return () => {
    const next = (answers.length > 1 ? answers.shift() : answers[0]) as T | Error;
    if (next instanceof Error) throw next;
    return next;
  };
}

describe('after a capture', () => {
  let links: ScriptedLinks;
  /** The guest as it is found, and its QEMU: what is asked one after the other, and what is changed. */
  let guest: {
    number: () => number;
    state: () => { state: number; reason: number };
    job: () => Job;
    migration: () => string;
    capability: boolean | null;
    resume: () => void;
    switchOff: () => void;
  };

  beforeEach(() => {
    fakeTime();
    links = new ScriptedLinks();
    guest = {
      number: () => domain.id,
      state: () => running,
      job: () => null,
      migration: () => 'none',
      capability: false,
      resume: () => undefined,
      switchOff: () => {
        guest.capability = false;
      },
    };
    const pool = { name: 'default', uuid: domain.uuid };
    const volume = { pool: pool.name, name: 'memoir-1', key: 'k' };
    links.answers = {
      domainLookupByUuid: () => ({ ...domain, id: guest.number() }),
      domainGetState: () => guest.state(),
      domainGetJobStats: () => {
        const job = guest.job();
        if (job === null) return { type: 0, parameters: [] };
        return { type: 2, parameters: [{ field: 'operation', type: 'int', value: jobOperations[job] }] };
      },
      domainResume: () => void guest.resume(),
      storagePoolLookupByName: () => pool,
      storagePoolRefresh: () => undefined,
      storageVolLookupByName: () => volume,
      storageVolDelete: () => undefined,
    };
    links.monitorAnswers = {
      'query-migrate': () => ({ status: guest.migration() }),
      'query-migrate-capabilities': () =>
        guest.capability === null ? [] : [{ capability: 'background-snapshot', state: guest.capability }],
      'migrate-set-capabilities': ({ capabilities }) => {
        expect(capabilities).toEqual([{ capability: 'background-snapshot', state: false }]);
        return guest.switchOff();
      },
    };
  });

  const put = (what: CaptureNote) => passing(restore(links, what));

  describe('on the host', () => {
    it('the FIFO’s folder and the sockets go first: a dump holds its guest until the read end is closed', async () => {
      const folder = join(temporaryFolder(), 'memoir-1');
      mkdirSync(folder);
      const [path, socket, others] = ['fifo', '../own.sock', '../other.sock'].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      for (const file of [path, socket, others]) writeFileSync(file, '');
      guest.number = () => {
        expect([folder, socket].filter(existsSync)).toEqual([]);
        return domain.id;
      };
      expect(await put({ ...note, places: [{ folder, path }], sockets: [socket] })).toEqual([]);
      expect(links.names[0]).toBe('domainLookupByUuid');
      expect(existsSync(others)).toBe(true);
    });

    it('the volume goes last, whatever became of the guest', async () => {
      const volume = { pool: 'default', name: 'memoir-1' };
      const removal = ['storagePoolLookupByName', 'storagePoolRefresh', 'storageVolLookupByName', 'storageVolDelete'];
      await put({ ...dump, volume });
      expect(links.names.slice(-4)).toEqual(removal);
      links.asked.length = 0;
      await put({ ...dump, touched: false, volume });
      expect(links.names).toEqual(removal);
      links.asked.length = 0;
      guest.number = inTurn<number>(fail('NO_DOMAIN'));
      await put({ ...dump, volume });
      expect(links.names).toEqual(['domainLookupByUuid', ...removal]);
    });
  });

  describe('a guest', () => {
    it('that was not touched is asked nothing', async () => {
      guest.capability = true;
      expect(await put({ ...note, touched: false })).toEqual([]);
      expect(links.names).toEqual([]);
    });

    it('that was started anew since, or is gone, is another’s: it is asked nothing', async () => {
      guest.capability = true;
      guest.state = () => pausedForDump;
      guest.number = () => 8;
      expect(await put(note)).toEqual([]);
      guest.number = inTurn<number>(fail('NO_DOMAIN'));
      expect(await put(note)).toEqual([]);
      expect(links.names).toEqual(['domainLookupByUuid', 'domainLookupByUuid']);
    });

    it('of which libvirt cannot say which run it is stays noted', async () => {
      guest.number = inTurn<number>(fail('NOT_CONNECTED'));
      await expect(put(note)).rejects.toMatchObject({ code: 'NOT_CONNECTED' });
    });

    it('that ends meanwhile leaves nothing to put right', async () => {
      guest.number = inTurn<number>(7, fail('NO_DOMAIN'));
      guest.state = inTurn<typeof running>(fail('NO_DOMAIN'));
      expect(await put(note)).toEqual([]);
    });

    it('that is still there keeps its note when something fails', async () => {
      guest.state = inTurn<typeof running>(fail('OPERATION_FAILED'));
      await expect(put(note)).rejects.toMatchObject({ code: 'OPERATION_FAILED' });
    });
  });

  describe('by snapshot', () => {
    it('a migration of ours is waited for, then the capability is switched off and read back', async () => {
      guest.capability = true;
      guest.migration = inTurn('active', 'cancelling', 'failed');
      expect(await put(note)).toEqual([turnedOff]);
      expect(links.names).toEqual([
        'domainLookupByUuid',
        'query-migrate-capabilities',
        'query-migrate',
        'query-migrate',
        'query-migrate',
        'query-migrate-capabilities',
        'migrate-set-capabilities',
        'query-migrate-capabilities',
        'domainGetState',
      ]);
      // Asked again every 50 ms: the guest is paused, perhaps.
      expect(performance.now()).toBe(100);
    });

    it.each([false, null])('nothing is waited for, or switched, where the capability is %s', async (capability) => {
      guest.capability = capability;
      guest.migration = () => 'active';
      expect(await put({ ...note, wasRunning: false })).toEqual([]);
      expect(links.names).toEqual(['domainLookupByUuid', 'query-migrate-capabilities']);
    });

    it('a migration that does not end within fifteen seconds is left for a later attempt', async () => {
      guest.capability = true;
      guest.migration = () => 'active';
      await expect(put(note)).rejects.toMatchObject({
        code: 'TIMEOUT',
        message: expect.stringContaining('a migration or snapshot runs in its QEMU'),
      });
      expect(Math.floor(performance.now() / 100)).toBe(150);
    });

    it('a QEMU that leaves the capability on is told of', async () => {
      guest.capability = true;
      guest.switchOff = () => undefined;
      await expect(put(note)).rejects.toMatchObject({ code: 'HYPERVISOR_REFUSED' });
    });

    it('nothing is said of a capability that somebody switched off meanwhile', async () => {
      guest.capability = true;
      guest.migration = () => {
        guest.capability = false;
        return 'completed';
      };
      expect(await put(note)).toEqual([]);
      expect(links.names).not.toContain('migrate-set-capabilities');
    });
  });

  describe('by core dump', () => {
    it('the dump is waited for, also while QEMU has given it up and libvirt has not heard of it', async () => {
      guest.job = inTurn<Job>('dump', fail('OPERATION_FAILED'), 'dump', null);
      expect(await put(dump)).toEqual([]);
      expect(links.names.filter((name) => name === 'domainGetJobStats')).toHaveLength(4);
      expect(links.names).not.toContain('query-migrate-capabilities');
    });

    it('a job of another kind is not waited for', async () => {
      guest.job = () => 'backup';
      expect(await put(dump)).toEqual([]);
      expect(performance.now()).toBe(0);
    });

    it('a dump that does not end within fifteen seconds is left for a later attempt', async () => {
      guest.job = () => 'dump';
      await expect(put(dump)).rejects.toMatchObject({ code: 'TIMEOUT', message: 'its core dump has not ended yet' });
      expect(Math.floor(performance.now() / 100)).toBe(150);
    });

    it('any other failure of the question is one', async () => {
      guest.job = inTurn<Job>(fail('INTERNAL_ERROR'), null);
      await expect(put(dump)).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
      guest.job = inTurn<Job>(new TypeError('no job'), null);
      await expect(put(dump)).rejects.toThrow(TypeError);
    });
  });

  describe('a guest that is paused', () => {
    beforeEach(() => {
      guest.state = () => pausedForDump;
    });

    it.each([note, dump])('executes again if it did before and nobody else paused it', async (what) => {
      expect(await put(what)).toEqual([resumed]);
      expect(links.asked.at(-1)).toEqual({ link: 'monitor', name: 'domainResume', args: { domain } });
    });

    it('stays paused if it was when we came', async () => {
      expect(await put({ ...dump, wasRunning: false })).toEqual([]);
      expect(links.names).not.toContain('domainGetState');
    });

    it('stays paused if a person paused it', async () => {
      guest.state = () => ({ state: 3, reason: 1 });
      expect(await put(dump)).toEqual([]);
      expect(links.names).not.toContain('domainResume');
    });

    it('stays paused while somebody else moves, saves or dumps it', async () => {
      guest.job = () => 'save';
      await expect(put(dump)).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
      guest.job = () => null;
      guest.migration = () => 'active';
      await expect(put(dump)).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
      expect(links.names).not.toContain('domainResume');
    });

    it('is told again while QEMU is a moment behind, and is looked at each time', async () => {
      guest.resume = inTurn<void>(fail('OPERATION_FAILED'), fail('OPERATION_FAILED'), undefined);
      expect(await put(dump)).toEqual([resumed]);
      expect(performance.now()).toBe(100);
      guest.resume = inTurn<void>(fail('OPERATION_FAILED'), undefined);
      guest.state = inTurn(pausedForDump, running);
      expect(await put(dump)).toEqual([]);
    });

    it('is told so for fifteen seconds', async () => {
      guest.resume = inTurn<void>(fail('OPERATION_FAILED'));
      await expect(put(dump)).rejects.toMatchObject({ code: 'OPERATION_FAILED' });
      expect(Math.floor(performance.now() / 100)).toBe(150);
    });

    it('is told no more once it is gone, or where the failure is ours', async () => {
      guest.resume = inTurn<void>(fail('NO_DOMAIN'), undefined);
      await expect(put(dump)).rejects.toMatchObject({ code: 'NO_DOMAIN' });
      guest.resume = inTurn<void>(new TypeError('ours'), undefined);
      await expect(put(dump)).rejects.toThrow(TypeError);
      expect(performance.now()).toBe(0);
    });
  });
});
