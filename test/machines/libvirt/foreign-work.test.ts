import { describe, expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import { jobOperations } from '../../../src/libvirt/protocol/values.ts';
import { foreignJob, foreignMigration, refuseBeside } from '../../../src/machines/libvirt/guest/foreign-work.ts';
import { Guest } from '../../../src/machines/libvirt/guest/guest.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

const domain = { name: 'db01', uuid: '00000000-0000-4000-8000-000000000001', id: 7 };

/** A guest with that job of libvirt's and that migration of QEMU's, or without. */
function guestAt(job: keyof typeof jobOperations | null, migration: string | LibvirtError = 'none') {
  const links = new ScriptedLinks();
  links.answers = {
    domainGetJobStats: () => ({
      type: job === null ? 0 : 2,
      parameters: job === null ? [] : [{ field: 'operation', type: 'int', value: jobOperations[job] }],
    }),
  };
  links.monitorAnswers = {
    'query-migrate': () => {
      if (migration instanceof LibvirtError) throw migration;
      return { status: migration };
    },
  };
  return { links, guest: new Guest(links, domain) };
}

const both = ['SNAPSHOT', 'CORE_DUMP'];

describe('a job of somebody else', () => {
  it.each([
    ['save', both, 'a save'],
    ['migrationOut', both, 'a migration to another host'],
    ['dump', both, 'a dump'],
    ['unknown', both, 'a job'],
    ['backup', ['CORE_DUMP'], 'a backup'],
    ['snapshotDelete', ['CORE_DUMP'], 'the removal of a snapshot'],
  ] as const)('stands in the way of captures, as far as it is about memory: %s', async (job, blocks, words) => {
    const work = await foreignJob(guestAt(job).guest);
    expect(work?.blocks).toEqual(blocks);
    expect(work?.reason).toContain(`libvirt is running ${words} of this machine`);
  });

  it('is none where libvirt runs none', async () => {
    expect(await foreignJob(guestAt(null).guest)).toBeNull();
  });
});

describe('a migration past libvirt', () => {
  it('stands in the way of both methods until it is over', async () => {
    const work = await foreignMigration(guestAt(null, 'active').guest);
    expect(work?.blocks).toEqual(both);
    expect(work?.reason).toContain('(active)');
    expect(await foreignMigration(guestAt(null, 'completed').guest)).toBeNull();
  });
});

describe('right before a capture', () => {
  it('somebody else’s work is refused with MACHINE_BUSY, where it blocks that method', async () => {
    const cause = new Error('first');
    await expect(refuseBeside(guestAt('save').guest, 'SNAPSHOT', cause)).rejects.toMatchObject({
      code: 'MACHINE_BUSY',
      message: expect.stringContaining('a save'),
      cause,
    });
    await expect(refuseBeside(guestAt('backup').guest, 'CORE_DUMP')).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    await expect(refuseBeside(guestAt('backup').guest, 'SNAPSHOT')).resolves.toBeUndefined();
    await expect(refuseBeside(guestAt(null, 'active').guest, 'CORE_DUMP')).rejects.toMatchObject({
      code: 'MACHINE_BUSY',
    });
    await expect(refuseBeside(guestAt(null).guest, 'SNAPSHOT')).resolves.toBeUndefined();
  });

  it('QEMU is not asked where libvirt already names the work', async () => {
    const { guest, links } = guestAt('save', 'active');
    await expect(refuseBeside(guest, 'SNAPSHOT')).rejects.toMatchObject({ code: 'MACHINE_BUSY' });
    expect(links.names).toEqual(['domainGetJobStats']);
  });

  it('a monitor that refuses to say stops a snapshot, and no core dump: that does without it', async () => {
    const refused = new LibvirtError('MONITOR_ERROR', 'the monitor is not for you');
    await expect(refuseBeside(guestAt(null, refused).guest, 'CORE_DUMP')).resolves.toBeUndefined();
    await expect(refuseBeside(guestAt(null, refused).guest, 'SNAPSHOT')).rejects.toBe(refused);
  });

  it('a hypervisor that is away stops both', async () => {
    const away = new LibvirtError('CONNECTION_LOST', 'away');
    for (const method of ['CORE_DUMP', 'SNAPSHOT'] as const)
      await expect(refuseBeside(guestAt(null, away).guest, method)).rejects.toBe(away);
  });

  it('what is no answer of libvirt’s stops a core dump too', async () => {
    const { guest, links } = guestAt(null);
    const broken = new TypeError('not a migration');
    links.monitorAnswers = {
      'query-migrate': () => {
        throw broken;
      },
    };
    await expect(refuseBeside(guest, 'CORE_DUMP')).rejects.toBe(broken);
  });
});
