import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BlockDevice } from './block-device.ts';

/** The largest file of sysfs that is read here is a page of vital product data. */
const maxSerialBytes = 252;
const sectorBytes = 512;

export interface SysfsPlaces {
  /** /sys/block, unless a test says otherwise. */
  readonly block?: string;
  readonly dev?: string;
}

/** Reads one device; null if there is no such device (any more) or it has no medium: a loop device that is bound to nothing. */
export async function readDevice(name: string, places: SysfsPlaces = {}): Promise<BlockDevice | null> {
  const folder = join(places.block ?? '/sys/block', name);
  const diskseq = await number(join(folder, 'diskseq'));
  const sectors = await number(join(folder, 'size'));
  const rdev = await text(join(folder, 'dev'));
  if (rdev === null || !/^\d+:\d+$/.test(rdev) || sectors === null || sectors === 0) return null;
  const serial = await readSerial(folder);
  // Read once more: if another device has taken the name meanwhile, what was read belongs to neither.
  if ((await number(join(folder, 'diskseq'))) !== diskseq) return null;
  // sysfs writes a slash in a name as `!` (cciss!c0d0).
  const path = join(places.dev ?? '/dev', name.replaceAll('!', '/'));
  return { name, path, rdev, diskseq, sizeBytes: sectors * sectorBytes, serial };
}

/**
 * Every device that has a medium, in the order of names. Not those that are built of others (maps, arrays): no provider gives them, and of
 * equal size with what they are built of, they would be taken for it.
 */
export async function readDevices(places: SysfsPlaces = {}): Promise<BlockDevice[]> {
  const block = places.block ?? '/sys/block';
  const all = (await readdir(block).catch(() => [])).sort();
  const built = await Promise.all(all.map((name) => readdir(join(block, name, 'slaves')).catch(() => [])));
  const names = all.filter((_, index) => built[index]?.length === 0);
  const read = await Promise.all(names.map((name) => readDevice(name, places)));
  return read.filter((device) => device !== null);
}

/** virtio-blk: `serial`. SCSI: page 0x80 of the vital product data (SPC-5 §7.7.18), text from byte 4. NVMe: of the namespace first. */
async function readSerial(folder: string): Promise<string | null> {
  const ofVirtio = await text(join(folder, 'serial'));
  if (ofVirtio) return ofVirtio;
  const page = await bytes(join(folder, 'device', 'vpd_pg80'));
  if (page !== null && page.length > 4 && page[1] === 0x80) {
    const length = Math.min(page.readUInt16BE(2), maxSerialBytes);
    const found = clean(page.subarray(4, 4 + length).toString('latin1'));
    if (found) return found;
  }
  return (await text(join(folder, 'nguid'))) || (await text(join(folder, 'device', 'serial'))) || null;
}

async function number(path: string): Promise<number | null> {
  const found = await text(path);
  return found !== null && /^\d+$/.test(found) ? Number(found) : null;
}

async function text(path: string): Promise<string | null> {
  const found = await bytes(path);
  return found && clean(found.toString('latin1'));
}

/** Serials are padded with blanks or zero bytes, as the bus likes it. */
const clean = (found: string): string => found.replaceAll('\0', '').trim();

async function bytes(path: string): Promise<Buffer | null> {
  return readFile(path).catch(() => null);
}
