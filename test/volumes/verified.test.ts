import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BlockDevice } from '../../src/volumes/devices/block-device.ts';
import { serialMatches, serialOf } from '../../src/volumes/serial.ts';
import { type ExpectedDevice, type OtherVolume, type PinnedDevice, verified } from '../../src/volumes/verified.ts';

const mark = '0f1e2d3c-4b5a-4968-8776-655443322110';
const size = 2 ** 30;

const expected = (more: Partial<ExpectedDevice> = {}): ExpectedDevice => ({
  name: 'data',
  serial: serialOf(mark),
  sizeBytes: size,
  boot: 'this',
  pinned: null,
  otherSerials: [],
  newerThan: null,
  others: [],
  ...more,
});
const device = (more: Partial<BlockDevice> = {}): BlockDevice => ({
  name: 'vdb',
  path: '/dev/vdb',
  rdev: '254:16',
  diskseq: 7,
  sizeBytes: size,
  serial: serialOf(mark),
  ...more,
});
const other = (pinned: PinnedDevice | null): OtherVolume => ({ name: 'other', sizeBytes: size, pinned });
const code = (wanted: string) => expect.objectContaining({ code: wanted });

describe('the device of a volume', () => {
  it('is the one that shows its serial, whatever its name and its size beyond the volume’s are', () => {
    const other = device({ name: 'vdc', path: '/dev/vdc', rdev: '254:32', diskseq: 8, serial: serialOf(randomUUID()) });
    const mine = device({ sizeBytes: size + 4096 });
    expect(verified(expected(), [other, mine])).toBe(mine);
  });

  it('is no device of the same size: mkfs ran on a disk full of data that way', () => {
    expect(() => verified(expected(), [device({ serial: null })])).toThrow(code('DEVICE_MISSING'));
    expect(() => verified(expected(), [device({ serial: serialOf(randomUUID()) })])).toThrow(code('DEVICE_MISSING'));
  });

  it('is none where two show the serial: two paths to one disk, or two disks', () => {
    const twin = device({ name: 'vdc', path: '/dev/vdc', rdev: '254:32', diskseq: 8 });
    expect(() => verified(expected(), [device(), twin])).toThrow(code('DEVICE_AMBIGUOUS'));
  });

  it('is none where another volume has the same serial, or one that begins like it', () => {
    const others = expected({ serial: mark, otherSerials: [`${serialOf(mark)}ffff`] });
    expect(() => verified(others, [device({ serial: mark })])).not.toThrow();
    expect(() => verified({ ...others, serial: serialOf(mark) }, [device()])).toThrow(code('DEVICE_AMBIGUOUS'));
  });

  it('is refused when it came again since it was verified: an unmapped LUN was reused that way (CVE-2023-2088)', () => {
    const pinned = { rdev: '254:16', diskseq: 7, boot: 'this' };
    expect(verified(expected({ pinned }), [device()])).toEqual(device());
    expect(() => verified(expected({ pinned }), [device({ diskseq: 9 })])).toThrow(code('DEVICE_CHANGED'));
    expect(() => verified(expected({ pinned }), [device({ rdev: '254:32' })])).toThrow(code('DEVICE_CHANGED'));
  });

  it('is refused when a device of another serial has come in its place, even with its number and its diskseq', () => {
    const pinned = { rdev: '254:16', diskseq: 7, boot: 'this' };
    const swapped = device({ serial: serialOf(randomUUID()) });
    expect(() => verified(expected({ pinned }), [swapped])).toThrow(code('DEVICE_MISSING'));
  });

  it('is refused when it is smaller than the volume', () => {
    expect(() => verified(expected(), [device({ sizeBytes: size - 512 })])).toThrow(code('DEVICE_CHANGED'));
  });

  it('is refused after a restart of the host, until it was verified from the beginning', () => {
    const pinned = { rdev: '254:16', diskseq: 7, boot: 'before' };
    expect(() => verified(expected({ pinned }), [device()])).toThrow(code('DEVICE_CHANGED'));
    expect(verified(expected(), [device()])).toEqual(device());
  });

  it('is compared by number and diskseq, never by path: another name of the same device is the same device', () => {
    const pinned = { rdev: '254:16', diskseq: 7, boot: 'this' };
    expect(verified(expected({ pinned }), [device({ path: '/dev/disk/x' })]).path).toBe('/dev/disk/x');
  });
});

describe('the device of a volume without a serial', () => {
  const bare = (more: Partial<ExpectedDevice> = {}) => expected({ serial: null, newerThan: 2, ...more });
  const found = (diskseq: number | null, more: Partial<BlockDevice> = {}) =>
    device({ serial: null, diskseq, name: `vd${diskseq}`, path: `/dev/vd${diskseq}`, ...more });

  it('is the one new device of its size', () => {
    expect(verified(bare(), [found(1), found(2), found(3)]).diskseq).toBe(3);
    expect(verified(bare(), [found(3), found(4, { sizeBytes: size + 512 })]).diskseq).toBe(3);
  });

  it('is none where two new devices have its size', () => {
    expect(() => verified(bare(), [found(3), found(4)])).toThrow(code('DEVICE_AMBIGUOUS'));
  });

  it('is none that was there before, is another volume’s, or says that it is someone else', () => {
    expect(() => verified(bare(), [found(1), found(2)])).toThrow(code('DEVICE_MISSING'));
    const others = [other({ rdev: '254:48', diskseq: 3, boot: 'this' })];
    expect(() => verified(bare({ others }), [found(3)])).toThrow(code('DEVICE_MISSING'));
    expect(() => verified(bare(), [found(3, { serial: 'of another' })])).toThrow(code('DEVICE_MISSING'));
  });

  it('is none where nobody watched the attachment, or the kernel has no diskseq', () => {
    expect(() => verified(bare({ newerThan: null }), [found(3)])).toThrow(code('DEVICE_AMBIGUOUS'));
    expect(() => verified(bare(), [found(null)])).toThrow(code('DEVICE_MISSING'));
    const pinned = { rdev: '254:16', diskseq: null, boot: 'this' };
    expect(() => verified(bare({ pinned }), [found(null)])).toThrow(code('DEVICE_AMBIGUOUS'));
  });

  it('is none after a restart of the host: numbers begin anew with it', () => {
    const pinned = { rdev: '254:16', diskseq: 3, boot: 'before' };
    const there = [device({ serial: null, diskseq: 3 })];
    expect(() => verified(expected({ serial: null, pinned }), there)).toThrow(code('DEVICE_AMBIGUOUS'));
  });

  it('is none while another volume of its size has no device: that one’s may come late, and first', () => {
    const there = [found(1), found(3)];
    for (const pinned of [
      null,
      { rdev: '254:16', diskseq: 1, boot: 'before' },
      { rdev: '254:16', diskseq: 2, boot: 'this' },
    ])
      expect(() => verified(bare({ others: [other(pinned)] }), there)).toThrow(code('DEVICE_AMBIGUOUS'));
    expect(verified(bare({ others: [other({ rdev: '254:16', diskseq: 1, boot: 'this' })] }), there).diskseq).toBe(3);
    expect(verified(bare({ others: [{ ...other(null), sizeBytes: size * 2 }] }), there).diskseq).toBe(3);
  });

  it('is none where two devices have the diskseq of the pinned one', () => {
    const pinned = { rdev: '254:16', diskseq: 3, boot: 'this' };
    expect(() => verified(bare({ pinned }), [found(3), found(3)])).toThrow(code('DEVICE_AMBIGUOUS'));
  });

  it('is the pinned one from then on, and nothing else', () => {
    const pinned = { rdev: '254:16', diskseq: 3, boot: 'this' };
    expect(verified(bare({ pinned }), [found(3), found(4)]).diskseq).toBe(3);
    expect(() => verified(bare({ pinned }), [found(4)])).toThrow(code('DEVICE_MISSING'));
  });
});

describe('whatever devices there are', () => {
  const serials = fc.constantFrom(serialOf(mark), mark, serialOf(randomUUID()), 'short', '', null);
  const devices = fc.array(
    fc.record({
      name: fc.constantFrom('vdb', 'vdc', 'sda'),
      path: fc.constantFrom('/dev/vdb', '/dev/vdc'),
      rdev: fc.constantFrom('254:16', '254:32'),
      diskseq: fc.option(fc.nat(5)),
      sizeBytes: fc.constantFrom(size, size - 512, 2 * size),
      serial: serials,
    }),
    { maxLength: 5 },
  );
  const pins = fc.option(
    fc.record({
      rdev: fc.constantFrom('254:16', '254:32'),
      diskseq: fc.option(fc.nat(5)),
      boot: fc.constantFrom('this', 'before', null),
    }),
  );

  it('verification ends in the only device with the serial, unchanged, or in a refusal with a code', () => {
    fc.assert(
      fc.property(devices, pins, fc.array(serials.filter((one) => one !== null)), (there, pinned, otherSerials) => {
        try {
          const found = verified(expected({ pinned, otherSerials }), there);
          expect(found.serial).not.toBeNull();
          const same = there.filter(({ serial }) => serial !== null && serialMatches(serial, serialOf(mark)));
          expect(same).toEqual([found]);
          expect(otherSerials.some((other) => serialMatches(found.serial as string, other))).toBe(false);
          expect(found.sizeBytes).toBeGreaterThanOrEqual(size);
          if (pinned !== null) expect({ ...found, boot: 'this' }).toMatchObject(pinned);
        } catch (error) {
          if ((error as { code?: string }).code === undefined) throw error;
          expect((error as { code: string }).code).toMatch(/^DEVICE_(MISSING|AMBIGUOUS|CHANGED)$/);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('a serial matches by its whole or by 20 characters at least, never by less', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), fc.nat(36), (one, two, length) => {
        expect(serialMatches(one.slice(0, length), one)).toBe(length >= 20);
        expect(serialMatches(one.slice(0, length), two)).toBe(length >= 20 && two.startsWith(one.slice(0, length)));
      }),
    );
  });
});
