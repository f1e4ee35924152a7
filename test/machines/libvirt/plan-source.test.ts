import { join } from 'node:path';
import { expect, it } from 'vitest';
import { coreDumpSource } from '../../../src/machines/libvirt/core-dump/core-dump-source.ts';
import type { Forecast } from '../../../src/machines/libvirt/forecast.ts';
import { planSource } from '../../../src/machines/libvirt/plan-source.ts';
import { drainedSnapshot } from '../../../src/machines/libvirt/snapshot/drained-snapshot-source.ts';
import { snapshotSource } from '../../../src/machines/libvirt/snapshot/snapshot-source.ts';
import { machine } from '../../fakes/machines.ts';
import { temporaryFolder } from '../../temporary-folder.ts';

const region = { start: '0', end: '100000', offset: '0', name: 'pc.ram' };

function forecast(more: Partial<Forecast> = {}): Forecast {
  return {
    options: {
      machine: machine(1, { vcpus: 3 }),
      methods: [],
      blockers: [],
      automatic: null,
      automaticReason: '',
      memoryBytes: 1,
    },
    description: {
      title: null,
      memoryBytes: 1,
      vcpus: 3,
      architecture: 'x86_64',
      deviceStateBytes: 1234,
      owner: { user: 64055, group: 108 },
      snapshotObstacles: [],
      memoryObstacles: [],
    },
    version: { major: 8, minor: 1, micro: 0 },
    regions: [region],
    guestFolder: '/var/lib/libvirt/qemu/domain-1-web',
    ...more,
  };
}

it('a core dump comes through a FIFO of ours, a snapshot through a socket of ours or in the guest’s folder', () => {
  const folder = temporaryFolder();
  const options = { stateFolder: join(folder, 'state'), meetingFolders: [folder] };
  const dump = planSource('CORE_DUMP', forecast({ regions: null, version: null }), options);
  expect(dump).toEqual({
    source: coreDumpSource.of({ place: expect.objectContaining({ path: expect.stringMatching(/memory\.fifo$/) }) }),
  });
  const { source, reservedBytes } = planSource('SNAPSHOT', forecast(), options);
  expect(reservedBytes).toBeUndefined();
  expect(source).toEqual(
    snapshotSource.of({
      regions: [region],
      cpuCount: 3,
      deviceStateBytes: 1234,
      guestSocket: expect.stringMatching(/^\/var\/lib\/libvirt\/qemu\/domain-1-web\/memoir-/),
      ownSocket: expect.objectContaining({ path: expect.stringContaining(folder) }),
      owner: { user: 64055, group: 108 },
    }),
  );
});

it('what is not known is left out, and a folder of ours that is too deep for a socket is none', () => {
  const deep = `/${'x'.repeat(100)}`;
  const folder = temporaryFolder();
  const { source } = planSource('SNAPSHOT', forecast({ description: null, guestFolder: null }), {
    stateFolder: deep,
    meetingFolders: [folder],
  });
  expect(source.options).not.toHaveProperty('deviceStateBytes');
  expect(source.options).toMatchObject({ guestSocket: null, owner: null });
  const deeper = planSource('SNAPSHOT', forecast({ guestFolder: deep }), {
    stateFolder: deep,
    meetingFolders: [folder],
  });
  expect(deeper.source.options).toMatchObject({ guestSocket: null });
});

it('before QEMU 8.1 there is a spool with room for the whole stream, which is reserved', () => {
  const folder = temporaryFolder();
  const options = { stateFolder: folder, meetingFolders: [folder] };
  const { source, reservedBytes } = planSource(
    'SNAPSHOT',
    forecast({ version: { major: 8, minor: 0, micro: 9 } }),
    options,
  );
  const spoolBytes = 0x10_0000 + 256 * 8 + 128 * 2 ** 20 + 1234;
  expect(reservedBytes).toBe(spoolBytes);
  expect(source.module).toBe(drainedSnapshot.of(source.options as never).module);
  expect(source.options).toMatchObject({
    spoolBytes,
    spool: expect.stringMatching(new RegExp(`^${folder}/spool/[0-9a-f-]{36}$`)),
  });
  const unknown = planSource(
    'SNAPSHOT',
    forecast({ version: { major: 7, minor: 2, micro: 0 }, description: null }),
    options,
  );
  expect(unknown.reservedBytes).toBe(spoolBytes - 1234);
});

it.each([{ regions: null }, { version: null }])(
  'without the guest’s memory map or version there is no snapshot: %o',
  (missing) => {
    const plan = () => planSource('SNAPSHOT', forecast(missing), { stateFolder: '/', meetingFolders: ['/'] });
    expect(plan).toThrow(expect.objectContaining({ code: 'METHOD_UNAVAILABLE' }));
  },
);
