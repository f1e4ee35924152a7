import { mkdir, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DeviceChange } from '../../src/volumes/devices/block-device.ts';
import { createKernelDevices, type KernelDevicesOptions } from '../../src/volumes/devices/kernel-devices.ts';
import { readDevices } from '../../src/volumes/devices/sysfs.ts';
import { bindLoop, lacksLoopDevices, releaseLoop } from '../fakes/volumes/loop-device.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** A folder that looks like /sys/block. */
function fakeSysfs() {
  const block = temporaryFolder();
  return {
    block,
    async put(name: string, files: Record<string, string | Uint8Array>): Promise<void> {
      for (const [file, content] of Object.entries(files)) {
        const path = join(block, name, file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, content);
      }
    },
    remove: (name: string) => rm(join(block, name), { recursive: true }),
  };
}

function follow(options: KernelDevicesOptions) {
  const devices = createKernelDevices(options);
  onTestFinished(() => devices.close());
  const changes: DeviceChange[] = [];
  devices.watch((change) => changes.push(change));
  return { devices, changes, told: () => changes.map(({ type, device }) => `${type} ${device.name}`) };
}

describe('devices as /sys/block has them', () => {
  it('are read with the serial of each bus', async () => {
    const sys = fakeSysfs();
    const usual = { dev: '254:16\n', size: '2048\n', diskseq: '9\n' };
    await sys.put('vda', { ...usual, serial: '0f1e2d3c4b5a49688776' });
    // INQUIRY page 0x80: device type, page, length (big-endian), then the serial, padded with blanks on the left.
    await sys.put('sda', { ...usual, 'device/vpd_pg80': Buffer.from('\0\x80\0\x06  ab12', 'latin1') });
    await sys.put('sdb', { ...usual, 'device/vpd_pg80': Buffer.from('\0\x83\0\x04ab12', 'latin1') });
    await sys.put('nvme0n1', { ...usual, nguid: 'aaaa-bbbb\n', 'device/serial': 'of the controller\n' });
    await sys.put('nvme1n1', { ...usual, 'device/serial': 'of the controller   \n' });
    await sys.put('cciss!c0d0', usual);
    const found = await readDevices({ block: sys.block });
    expect(found.map(({ name, serial }) => [name, serial])).toEqual([
      ['cciss!c0d0', null],
      ['nvme0n1', 'aaaa-bbbb'],
      ['nvme1n1', 'of the controller'],
      ['sda', 'ab12'],
      ['sdb', null],
      ['vda', '0f1e2d3c4b5a49688776'],
    ]);
    expect(found[0]).toMatchObject({ path: '/dev/cciss/c0d0', rdev: '254:16', diskseq: 9, sizeBytes: 2048 * 512 });
  });

  it('are none where there is no medium, no number, or no such folder', async () => {
    const sys = fakeSysfs();
    await sys.put('loop0', { dev: '7:0\n', size: '0\n' });
    await sys.put('vdx', { size: '2048\n' });
    await sys.put('vdy', { dev: 'nonsense', size: '2048\n' });
    expect(await readDevices({ block: sys.block })).toEqual([]);
    expect(await readDevices({ block: join(sys.block, 'none') })).toEqual([]);
  });

  it('are not those that are built of others: a map of a device has its size', async () => {
    const sys = fakeSysfs();
    await sys.put('vda', { dev: '254:0\n', size: '8\n', 'slaves/.keep': '' });
    await rm(join(sys.block, 'vda', 'slaves', '.keep'));
    await sys.put('dm-0', { dev: '253:0\n', size: '8\n', 'slaves/vda': '' });
    expect((await readDevices({ block: sys.block })).map(({ name }) => name)).toEqual(['vda']);
  });

  it('have no diskseq on a kernel before 5.15', async () => {
    const sys = fakeSysfs();
    await sys.put('vda', { dev: '254:0\n', size: '8\n' });
    expect(await readDevices({ block: sys.block })).toMatchObject([{ diskseq: null }]);
  });
});

describe('the watch over devices', () => {
  it('tells once of each difference: appeared, changed, gone', async () => {
    const sys = fakeSysfs();
    const { devices, told } = follow({ block: sys.block, monitor: null, pollMs: 1e6 });
    await devices.scan();
    await sys.put('vdb', { dev: '254:16\n', size: '8\n', diskseq: '3\n' });
    await Promise.all([devices.scan(), devices.scan(), devices.scan()]);
    await sys.put('vdb', { size: '16\n' });
    await devices.scan();
    await sys.remove('vdb');
    await devices.scan();
    expect(told()).toEqual(['APPEARED vdb', 'CHANGED vdb', 'GONE vdb']);
  });

  it('tells that the old device is gone before the one that took its name has appeared', async () => {
    const sys = fakeSysfs();
    const { devices, changes } = follow({ block: sys.block, monitor: null, pollMs: 1e6 });
    await sys.put('vdb', { dev: '254:16\n', size: '8\n', diskseq: '3\n' });
    await devices.scan();
    changes.length = 0;
    await sys.put('vdb', { diskseq: '4\n' });
    await devices.scan();
    expect(changes.map(({ type, device }) => [type, device.diskseq])).toEqual([
      ['GONE', 3],
      ['APPEARED', 4],
    ]);
  });

  it('finds by polling what no event told', async () => {
    const sys = fakeSysfs();
    const { devices, told } = follow({ block: sys.block, monitor: null, pollMs: 20 });
    await devices.scan();
    await sys.put('vdb', { diskseq: '3\n', size: '8\n', dev: '254:16\n' });
    await expect.poll(told).toEqual(['APPEARED vdb']);
  });

  it('looks at once when the monitor speaks', async () => {
    const sys = fakeSysfs();
    const go = join(temporaryFolder(), 'go');
    const said = 'KERNEL[1.0] add /devices/x (block)\\nDEVNAME=/dev/vdb\\nDISKSEQ=3\\n\\n';
    const script = `while [ ! -e ${go} ]; do sleep 0.01; done; printf '${said}'; printf '${said}'; sleep 60`;
    const { devices, told } = follow({ block: sys.block, pollMs: 1e6, monitor: { command: ['sh', '-c', script] } });
    await devices.scan();
    await sys.put('vdb', { dev: '254:16\n', size: '8\n', diskseq: '3\n' });
    await writeFile(go, '');
    await expect.poll(told).toEqual(['APPEARED vdb']);
  });

  it('does without a monitor that is not installed, or that ends', async () => {
    const sys = fakeSysfs();
    for (const command of [['/nonexistent/udevadm'], ['false']]) {
      const { devices, told } = follow({ block: sys.block, pollMs: 20, monitor: { command } });
      await devices.scan();
      await sys.put('vdb', { diskseq: '3\n', size: '8\n', dev: '254:16\n' });
      await expect.poll(told).toEqual(['APPEARED vdb']);
      await devices.close();
      await sys.remove('vdb');
    }
  });

  it('goes on telling the others when one listener throws', async () => {
    const sys = fakeSysfs();
    const errors: unknown[] = [];
    const devices = createKernelDevices({
      block: sys.block,
      monitor: null,
      pollMs: 1e6,
      onListenerError: (error) => errors.push(error),
    });
    onTestFinished(() => devices.close());
    await devices.scan();
    const told: string[] = [];
    devices.watch(() => {
      throw new Error('a mistake');
    });
    devices.watch(({ type }) => told.push(type));
    await sys.put('vdb', { dev: '254:16\n', size: '8\n' });
    await devices.scan();
    expect(told).toEqual(['APPEARED']);
    expect(errors).toHaveLength(1);
  });
});

describe.skipIf(lacksLoopDevices())('loop devices of this kernel', () => {
  it.each([
    ['by its events', { pollMs: 1e6 }],
    ['by polling alone', { monitor: null, pollMs: 100 }],
  ])('are seen coming and going %s', async (_, options) => {
    const file = join(temporaryFolder(), 'image');
    await writeFile(file, '');
    await truncate(file, 1 << 20);
    const { devices, changes } = follow(options);
    await devices.scan();
    // The monitor is there when it has told something: bind until it does.
    const bound: string[] = [];
    await expect
      .poll(
        async () => {
          const name = await bindLoop(file);
          bound.push(name);
          await expect
            .poll(() => changes.some(({ type, device }) => type === 'APPEARED' && device.name === name))
            .toBe(true)
            .finally(() => releaseLoop(name));
          return changes.length;
        },
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0);
    const mine = changes.find(({ device }) => device.name === bound.at(-1));
    expect(mine).toMatchObject({ type: 'APPEARED', device: { sizeBytes: 1 << 20, diskseq: expect.any(Number) } });
    await expect
      .poll(() => changes.some(({ type, device }) => type === 'GONE' && device.diskseq === mine?.device.diskseq), {
        timeout: 5_000,
      })
      .toBe(true);
  });
});
