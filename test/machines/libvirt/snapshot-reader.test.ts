import { describe, expect, it } from 'vitest';
import { noteSize, writeNotes } from '../../../src/formats/elf/note.ts';
import { SnapshotReader } from '../../../src/machines/libvirt/snapshot/snapshot-reader.ts';
import { MemoryRecorder } from '../../fakes/in-process-reader.ts';
import { cpu, vmcoreinfoText } from '../../formats/elf/guest.ts';
import { cpuDevice, vmcoreinfoDevice } from '../../formats/qemu-migration/devices.ts';
import { type Device, writeStream } from '../../formats/qemu-migration/stream-writer.ts';

const page = 4096;
const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** VMCOREINFO's note, at an offset of a page. */
function notePage(text: string, at = 0): Buffer {
  const whole = Buffer.alloc(page);
  writeNotes(whole.subarray(at), [{ name: 'VMCOREINFO', type: 0, desc: bytes(text) }]);
  return whole;
}
const sizeOf = (text: string): number => noteSize('VMCOREINFO', text.length);

/** A stream of these pages, read in chunks of so many bytes. */
function read(pages: readonly Buffer[], devices: readonly Device[], { cpuCount = 1, chunk = 1 << 20 } = {}) {
  const stream = writeStream({
    machine: 'pc-q35-10.0',
    blocks: [{ name: 'pc.ram', length: pages.length * page }],
    parts: [
      pages.map((content, index) => ({
        block: 'pc.ram',
        offset: index * page,
        bytes: content.every((byte) => byte === 0) ? undefined : content,
      })),
    ],
    devices,
  });
  const recorder = new MemoryRecorder(pages.length * page, () => undefined);
  // The guest sees its memory from 1 MiB on.
  const regions = [
    { start: '100000', end: (0x100000 + pages.length * page).toString(16), offset: '0', name: 'pc.ram' },
  ];
  const reader = new SnapshotReader({ regions, cpuCount }, recorder);
  for (let at = 0; at < stream.length; at += chunk) reader.push(stream.subarray(at, at + chunk));
  return { recorder, stream, reader };
}
const plain = Buffer.alloc(page, 7);
const zero = Buffer.alloc(page);
const at = (index: number): bigint => BigInt(0x100000 + index * page);

describe('a snapshot’s stream', () => {
  it('becomes pages, zeros and registers, however it is cut', () => {
    for (const chunk of [1 << 20, 1000]) {
      const { recorder, reader, stream } = read([plain, zero, zero, plain], [cpuDevice(cpu(0))], { chunk });
      expect(recorder.memoryLayout).toEqual({
        architecture: 'x86_64',
        ranges: [{ start: at(0), end: at(4) }],
        cpuCount: 1,
        cpuNotesBytes: expect.any(Number),
      });
      expect(recorder).toMatchObject({
        complaints: [],
        missingPages: 0,
        zeroBytes: 2 * page,
        receivedBytes: stream.length,
      });
      expect(recorder.image?.equals(Buffer.concat([plain, zero, zero, plain]))).toBe(true);
      const { machine, kernelAddress, vmcoreinfo, cpuNotes } = reader.end();
      expect([machine, kernelAddress, vmcoreinfo]).toEqual(['x86_64', 0xffff_ffff_9ae0_0080n, null]);
      expect(cpuNotes.map(({ name }) => name)).toEqual(['CORE', 'QEMU']);
    }
  });

  it('says nothing of the kernel before there is one', () => {
    expect(read([plain], [cpuDevice(cpu(0, { lstar: 0n }))]).reader.end().kernelAddress).toBeNull();
  });

  it('with another number of CPUs than was planned is refused: their notes have their room already', () => {
    const { reader } = read([plain], [cpuDevice(cpu(0))], { cpuCount: 2 });
    expect(() => reader.end()).toThrow('the guest has 1 CPUs now, and had 2');
  });
});

describe('what the guest handed to QEMU’s vmcoreinfo device', () => {
  const size = sizeOf(vmcoreinfoText);
  const given = (pages: readonly Buffer[], note: Parameters<typeof vmcoreinfoDevice>[0]) =>
    read(pages, [vmcoreinfoDevice(note), cpuDevice(cpu(0))]).reader.end().vmcoreinfo;

  it('is found on its page, without the zeros behind it', () => {
    expect(given([plain, notePage(vmcoreinfoText)], { address: at(1), size })).toBe(vmcoreinfoText);
    const padded = `${vmcoreinfoText}\0\0\0`;
    expect(given([notePage(padded)], { address: at(0), size: sizeOf(padded) })).toBe(vmcoreinfoText);
  });

  it('is left to the search through all pages where it is not whole at the start of a page', () => {
    expect(given([plain, notePage(vmcoreinfoText, 12)], { address: at(1) + 12n, size })).toBeNull();
    expect(given([plain, notePage(vmcoreinfoText)], { address: at(0), size })).toBeNull();
    expect(given([notePage(vmcoreinfoText)], { address: at(0), size: page + 4 })).toBeNull();
    expect(given([notePage(vmcoreinfoText)], { address: at(0), size, has: 0 })).toBeNull();
  });

  it('is nothing where its note is broken', () => {
    expect(given([notePage(vmcoreinfoText)], { address: at(0), size: 8 })).toBeNull();
    expect(given([notePage(vmcoreinfoText)], { address: at(0), size: size - 100 })).toBeNull();
    expect(given([notePage(vmcoreinfoText)], { address: at(0), size: 0 })).toBeNull();
  });

  it('may fill its page', () => {
    const text = 'x'.repeat(page - sizeOf(''));
    expect(given([notePage(text)], { address: at(0), size: page })).toBe(text);
  });

  it('is looked for on 64 pages at most: a hostile guest can make them all look like one', () => {
    const pages = (count: number): Buffer[] => Array.from({ length: count }, () => notePage(vmcoreinfoText));
    expect(given(pages(65), { address: at(63), size })).toBe(vmcoreinfoText);
    expect(given(pages(65), { address: at(64), size })).toBeNull();
  });
});
