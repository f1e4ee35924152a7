import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { type CaptureNote, CaptureNotes } from '../../../src/machines/libvirt/guest/capture-note.ts';
import { recoverNoted, recoverUnnoted } from '../../../src/machines/libvirt/guest/recovery.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { procOf, waiting } from '../../fakes/libvirt/proc-folder.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';
import { machineId } from '../../fakes/machines.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

interface Found {
  readonly name: string;
  /** A domain is found by its number, here and in what is asked of it. */
  readonly number: number;
  capability: boolean | LibvirtError;
  migration: string;
  state: number;
  /** What libvirt keeps of it; an error where it keeps nothing such. */
  messages: string[] | LibvirtError;
}

const tainted = ['tainted: use of host cdrom', 'tainted: custom monitor control commands issued'];
const turnedOff = (name: string) => `"${name}": turned off a leftover background-snapshot capability`;

describe('after a server has died', () => {
  let links: ScriptedLinks;
  let guests: Found[];
  let asked: string[];
  /** What happens between the two looks at a guest: asked at every look. */
  let onLook: (guest: Found) => void;

  const guestOf = ({ domain }: { domain: { id: number } }): Found =>
    guests.find(({ number }) => number === domain.id) as Found;
  const refOf = ({ name, number }: Found) => ({ name, uuid: machineId(number), id: number });
  const answerOf = <T>(value: T | LibvirtError): T => {
    if (value instanceof LibvirtError) throw value;
    return value;
  };

  beforeEach(() => {
    fakeTime();
    links = new ScriptedLinks();
    guests = [];
    asked = [];
    onLook = () => undefined;
    links.answers = {
      connectListAllDomains: ({ need, flags }) => {
        expect([need, flags]).toEqual([1, 1]);
        return { domains: guests.map(refOf), count: guests.length };
      },
      domainLookupByUuid: ({ uuid }) => {
        const found = guests.find(({ number }) => machineId(number) === uuid);
        if (found === undefined) throw new LibvirtError('NO_DOMAIN', 'gone');
        return refOf(found);
      },
      domainGetMessages: (args) => {
        // Without flags libvirt tells both what is deprecated and what is tainted.
        expect(args.flags).toBe(0);
        return answerOf(guestOf(args).messages);
      },
      domainGetState: (args) => {
        const guest = guestOf(args);
        asked.push(guest.name);
        onLook(guest);
        return { state: guest.state, reason: 1 };
      },
    };
    // The monitor's commands do not say whose they are: that guest's that libvirt was asked about last.
    const current = (): Found => guests.find(({ name }) => name === asked.at(-1)) ?? (guests[0] as Found);
    links.monitorAnswers = {
      'query-migrate': () => ({ status: current().migration }),
      'query-migrate-capabilities': () => [
        { capability: 'background-snapshot', state: answerOf(current().capability) },
      ],
      'migrate-set-capabilities': () => {
        current().capability = false;
      },
    };
  });

  function add(name: string, more: Partial<Found> = {}): Found {
    const guest: Found = {
      name,
      number: guests.length + 1,
      capability: true,
      migration: 'none',
      state: 1,
      messages: tainted,
      ...more,
    };
    guests.push(guest);
    return guest;
  }

  const nobody = (): boolean => false;
  const unknownProc = '/nonexistent';

  describe('what it noted', () => {
    let notes: CaptureNotes;
    let stateFolder: string;
    const noteOf = ({ name, number }: Found, more: Partial<CaptureNote> = {}): CaptureNote => ({
      machineId: machineId(number),
      machineName: name,
      domainId: number,
      method: 'SNAPSHOT',
      wasRunning: true,
      touched: true,
      interruptible: true,
      places: [],
      sockets: [],
      volume: null,
      ...more,
    });
    const noted = async () => (await notes.all()).map(({ machineName }) => machineName);

    beforeEach(() => {
      stateFolder = temporaryFolder();
      notes = new CaptureNotes(stateFolder);
    });

    it('is put right, told and forgotten', async () => {
      await notes.create(noteOf(add('db01')));
      const done = await passing(recoverNoted({ links, notes, isBusy: nobody, proc: unknownProc }));
      expect(done).toEqual({ repaired: [turnedOff('db01')], pending: [] });
      expect(guests[0]?.capability).toBe(false);
      expect(await noted()).toEqual([]);
    });

    it('stays noted where it cannot be done yet, with the reason, and holds up no other', async () => {
      const busy = add('db01', { migration: 'active' });
      const fine = add('db02', { capability: false });
      await notes.create(noteOf(busy));
      await notes.create(noteOf(fine, { domainId: 99 }));
      const done = await passing(recoverNoted({ links, notes, isBusy: nobody, proc: unknownProc }));
      expect(done.repaired).toEqual([]);
      expect(done.pending).toEqual([expect.stringMatching(/^"db01": a migration or snapshot runs in its QEMU/)]);
      expect(await noted()).toEqual(['db01']);
    });

    it('is left alone while this server captures that machine', async () => {
      await notes.create(noteOf(add('db01')));
      const partial = (number: number) => join(stateFolder, 'captures', `${machineId(number)}.json.partial`);
      for (const number of [1, 2]) writeFileSync(partial(number), '{');
      const isBusy = (id: string): boolean => id === machineId(1);
      const done = await passing(recoverNoted({ links, notes, isBusy, proc: unknownProc }));
      expect(done).toEqual({ repaired: [], pending: [] });
      expect(links.names).toEqual([]);
      expect(await noted()).toEqual(['db01']);
      expect([1, 2].map(partial).map(existsSync)).toEqual([true, false]);
    });

    it('waits where the guest is frozen: its QEMU is not asked', async () => {
      await notes.create(noteOf(add('db01')));
      const proc = procOf(machineId(1), { 42: waiting });
      const done = await passing(recoverNoted({ links, notes, isBusy: nobody, proc }));
      expect(done).toEqual({ repaired: [], pending: [expect.stringMatching(/^"db01": The guest is frozen: /)] });
      expect(links.names).toEqual([]);
      expect(await noted()).toEqual(['db01']);
    });
  });

  describe('a capability that nobody noted', () => {
    const recover = (isBusy: (id: string) => boolean = nobody, proc = unknownProc) =>
      passing(recoverUnnoted({ links, notes: new CaptureNotes('/nonexistent'), isBusy, proc }));

    it('is switched off if it is still on after two seconds', async () => {
      add('db01');
      expect(await recover()).toEqual({ repaired: [turnedOff('db01')], pending: [] });
      expect(performance.now()).toBe(2_000);
      expect(asked).toEqual(['db01', 'db01']);
    });

    it('is left to whoever switched it on a moment ago', async () => {
      add('db01');
      let looks = 0;
      onLook = (guest) => {
        looks += 1;
        if (looks === 2) guest.migration = 'active';
      };
      expect(await recover()).toEqual({ repaired: [], pending: [] });
      expect(guests[0]?.capability).toBe(true);
    });

    it('is nobody’s any more if it was switched off in between', async () => {
      add('db01');
      onLook = (guest) => {
        if (performance.now() > 0) guest.capability = false;
      };
      expect(await recover()).toEqual({ repaired: [], pending: [] });
      expect(links.names).not.toContain('migrate-set-capabilities');
    });

    it('is not looked for at a guest that is at a migration, is off, or has it off: nobody waits then', async () => {
      add('moving', { migration: 'active' });
      add('off', { state: 5 });
      add('fine', { capability: false });
      expect(await recover()).toEqual({ repaired: [], pending: [] });
      expect(performance.now()).toBe(0);
      expect(guests.map(({ capability }) => capability)).toEqual([true, true, false]);
    });

    it('is looked for only where somebody spoke to the monitor, or libvirt does not tell', async () => {
      add('quiet', { messages: [] });
      add('other', { messages: ['deprecated configuration: machine type'] });
      add('old', { messages: new LibvirtError('NO_SUPPORT', 'before 7.1') });
      expect(await recover()).toEqual({ repaired: [turnedOff('old')], pending: [] });
      expect(asked).toEqual(['old', 'old']);
    });

    it('is not looked for at machines that this server captures now', async () => {
      add('ours');
      expect(await recover((id) => id === machineId(1))).toEqual({ repaired: [], pending: [] });
      expect(links.names).toEqual(['connectListAllDomains']);
    });

    it('is told of where it cannot be asked for, unless the guest is gone', async () => {
      add('refuses', { capability: new LibvirtError('MONITOR_ERROR', 'not for you') });
      add('gone', { capability: new LibvirtError('NO_DOMAIN', 'gone') });
      add('db01');
      expect(await recover()).toEqual({
        repaired: [turnedOff('db01')],
        pending: ['"refuses": asking for its capabilities: not for you'],
      });
    });

    it('is not asked for at a frozen guest, which is told of', async () => {
      add('db01');
      const done = await recover(nobody, procOf(machineId(1), { 42: waiting }));
      expect(done).toEqual({ repaired: [], pending: [expect.stringMatching(/^"db01": The guest is frozen: /)] });
      expect(links.names).toEqual(['connectListAllDomains', 'domainGetMessages']);
    });
  });
});
