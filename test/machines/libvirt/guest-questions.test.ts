import { describe, expect, it } from 'vitest';
import { LibvirtError } from '../../../src/libvirt/error.ts';
import type { TypedParameter } from '../../../src/libvirt/protocol/typed-parameters.ts';
import { Guest } from '../../../src/machines/libvirt/guest/guest.ts';
import { fakeTime, passing } from '../../fakes/fake-time.ts';
import { ScriptedLinks } from '../../fakes/libvirt/scripted-links.ts';

const domain = { name: 'db01', uuid: '00000000-0000-4000-8000-000000000001', id: 7 };

function guestOf(script: Partial<Pick<ScriptedLinks, 'answers' | 'monitorAnswers'>> = {}) {
  const links = Object.assign(new ScriptedLinks(), script);
  return { links, guest: new Guest(links, domain) };
}

const never = (): Promise<never> => new Promise(() => undefined);
const later = <T>(ms: number, value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), ms));

describe('a guest’s QEMU', () => {
  it('says its version and how its migration is doing', async () => {
    const { guest } = guestOf({
      monitorAnswers: {
        'query-version': () => ({ qemu: { major: 8, minor: 2, micro: 1 }, package: 'Debian' }),
        'query-migrate': () => ({
          status: 'failed',
          'error-desc': 'no route',
          'blocked-reasons': ['vfio'],
          ram: { total: 4096, remaining: 512, duplicate: 3 },
        }),
      },
    });
    expect(await guest.version()).toEqual({ major: 8, minor: 2, micro: 1 });
    expect(await guest.migration()).toEqual({
      status: 'failed',
      error: 'no route',
      totalBytes: 4096,
      remainingBytes: 512,
      blockedReasons: ['vfio'],
    });
  });

  it('has had no migration where it says nothing of one', async () => {
    const { guest } = guestOf({ monitorAnswers: { 'query-migrate': () => ({}) } });
    expect(await guest.migration()).toEqual({
      status: 'none',
      error: null,
      totalBytes: 0,
      remainingBytes: 0,
      blockedReasons: [],
    });
  });

  it.each([
    [[{ capability: 'xbzrle', state: true }], null],
    [
      [
        { capability: 'xbzrle', state: true },
        { capability: 'background-snapshot', state: false },
      ],
      false,
    ],
    [[{ capability: 'background-snapshot', state: true }], true],
  ])('knows the snapshot capability or does not, and has it on or off: %j', async (capabilities, known) => {
    const { guest } = guestOf({ monitorAnswers: { 'query-migrate-capabilities': () => capabilities } });
    expect(await guest.snapshotCapability()).toBe(known);
  });

  it('is told what to do in QEMU’s own words', async () => {
    const { guest, links } = guestOf({
      monitorAnswers: {
        'migrate-set-capabilities': () => ({}),
        migrate: () => ({}),
        migrate_cancel: () => ({}),
        'human-monitor-command': () => 'FlatView #0',
      },
    });
    await guest.setSnapshotCapability(true);
    await guest.migrate('/run/x.sock');
    await guest.cancelMigration();
    expect(await guest.memoryTree()).toBe('FlatView #0');
    expect(links.asked).toEqual([
      {
        link: 'monitor',
        name: 'migrate-set-capabilities',
        args: { capabilities: [{ capability: 'background-snapshot', state: true }] },
      },
      { link: 'monitor', name: 'migrate', args: { uri: 'unix:/run/x.sock' } },
      { link: 'monitor', name: 'migrate_cancel', args: {} },
      { link: 'monitor', name: 'human-monitor-command', args: { 'command-line': 'info mtree -f' } },
    ]);
  });

  it.each([
    [
      'charmonitor',
      'unix:/var/lib/libvirt/qemu/domain-7-db01/monitor.sock,server=on',
      '/var/lib/libvirt/qemu/domain-7-db01',
    ],
    ['charmonitor', 'unix:/run/q/monitor.sock', '/run/q'],
    ['charmonitor', 'unix:/run/q/other.sock,server=on', null],
    ['charmonitor', 'pty:/dev/pts/3', null],
    ['charserial0', 'unix:/run/q/monitor.sock', null],
  ])(
    'has the folder that libvirt made for it, where its monitor lies there: %s at %s',
    async (label, filename, folder) => {
      const devices = [
        { label: 'charserial9', filename: 'pty:/dev/pts/1' },
        { label, filename },
      ];
      const { guest } = guestOf({ monitorAnswers: { 'query-chardev': () => devices } });
      expect(await guest.folder()).toBe(folder);
    },
  );

  it('may take two minutes to register all memory, and twenty seconds for anything else', async () => {
    fakeTime();
    const { guest } = guestOf({
      answers: { connectGetLibVersion: () => 11n },
      monitorAnswers: {
        'migrate-set-capabilities': () => later(119_000, {}),
        'query-version': () => later(19_000, { qemu: {} }),
        'query-chardev': () => later(21_000, []),
      },
    });
    await passing(guest.version());
    await passing(guest.setSnapshotCapability(true));
    await expect(passing(guest.folder())).rejects.toMatchObject({ code: 'GUEST_FROZEN' });
    const { guest: slow } = guestOf({
      answers: { connectGetLibVersion: () => 11n },
      monitorAnswers: { 'migrate-set-capabilities': () => later(121_000, {}) },
    });
    await expect(passing(slow.setSnapshotCapability(true))).rejects.toMatchObject({ code: 'GUEST_FROZEN' });
  });

  it('is called frozen only if the daemon itself answers within five seconds', async () => {
    fakeTime();
    const daemonThatAnswersIn = (ms: number) =>
      guestOf({ answers: { connectGetLibVersion: () => later(ms, 11n) }, monitorAnswers: { 'query-version': never } })
        .guest;
    await expect(passing(daemonThatAnswersIn(4_900).version())).rejects.toMatchObject({ code: 'GUEST_FROZEN' });
    await expect(passing(daemonThatAnswersIn(5_100).version())).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('is waited for while the link to it is being dialled, but no longer than for an answer', async () => {
    fakeTime();
    const { guest, links } = guestOf({ monitorAnswers: { 'query-version': () => ({ qemu: 'dialled' }) } });
    links.links.monitor.state = { kind: 'connecting' };
    const up = Promise.withResolvers<void>();
    links.links.monitor.readiness = up.promise;
    const asked = guest.version();
    await new Promise((turn) => setImmediate(turn));
    expect(links.names).toEqual([]);
    up.resolve();
    expect(await passing(asked)).toBe('dialled');
    links.links.monitor.readiness = never();
    const began = performance.now();
    expect(await passing(guest.version())).toBe('dialled');
    expect(performance.now() - began).toBe(20_000);
  });

  it('passes on what it refuses, and is not called silent for that', async () => {
    const { guest, links } = guestOf({
      monitorAnswers: {
        'query-version': () => {
          throw new LibvirtError('MONITOR_ERROR', 'no such command');
        },
      },
    });
    await expect(guest.version()).rejects.toMatchObject({ code: 'MONITOR_ERROR', message: 'no such command' });
    expect(links.names).toEqual(['query-version']);
    expect(links.silent.has(domain.uuid)).toBe(false);
  });
});

describe('a guest at libvirt', () => {
  it('has its state asked of libvirt alone, past the monitor', async () => {
    const { guest, links } = guestOf({ answers: { domainGetState: () => ({ state: 3, reason: 4 }) } });
    expect(await guest.state()).toEqual({ state: 3, reason: 4 });
    expect(links.asked).toEqual([{ link: 'control', name: 'domainGetState', args: { domain, flags: 0 } }]);
  });

  it('is the same run of it for as long as its number is', async () => {
    const { guest, links } = guestOf({ answers: { domainLookupByUuid: () => domain } });
    expect(await guest.isSameInstance()).toBe(true);
    links.answers = { domainLookupByUuid: () => ({ ...domain, id: 8 }) };
    expect(await guest.isSameInstance()).toBe(false);
    expect(links.asked[0]?.args).toEqual({ uuid: domain.uuid });
  });

  it('is resumed through its QEMU: not while that owes an answer', async () => {
    fakeTime();
    const { guest, links } = guestOf({ answers: { domainResume: never } });
    await expect(passing(guest.resume())).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(performance.now()).toBe(20_000);
    expect(links.silent.has(domain.uuid)).toBe(true);
    await expect(passing(guest.resume())).rejects.toMatchObject({ code: 'TIMEOUT' });
    expect(links.asked).toEqual([{ link: 'monitor', name: 'domainResume', args: { domain } }]);
  });

  const operation = (value: number): TypedParameter => ({ field: 'operation', type: 'int', value });
  it.each([
    [0, [operation(8)], null],
    [1, [operation(8)], 'dump'],
    [2, [operation(5)], 'migrationOut'],
    [2, [operation(99)], 'unknown'],
    [2, [], 'unknown'],
    [3, [operation(8)], null],
    [4, [operation(8)], null],
    [5, [operation(8)], null],
  ])('has a job while one is under way, by the name of its operation: type %i, %j', async (type, parameters, job) => {
    const { guest, links } = guestOf({ answers: { domainGetJobStats: () => ({ type, parameters }) } });
    expect(await guest.job()).toBe(job);
    // Flags would ask for the last job that is over.
    expect(links.asked).toEqual([{ link: 'monitor', name: 'domainGetJobStats', args: { domain, flags: 0 } }]);
  });

  it('has no job where the driver knows none, and an error is not “no job”', async () => {
    const refusing = (code: 'NO_SUPPORT' | 'NO_DOMAIN') =>
      guestOf({
        answers: {
          domainGetJobStats: () => {
            throw new LibvirtError(code, 'refused');
          },
        },
      }).guest;
    expect(await refusing('NO_SUPPORT').job()).toBeNull();
    await expect(refusing('NO_DOMAIN').job()).rejects.toMatchObject({ code: 'NO_DOMAIN' });
  });
});
