import { describe, expect, it } from 'vitest';
import { kernelText } from '../../../src/formats/elf/kernel-text.ts';
import { writeNotes } from '../../../src/formats/elf/note.ts';
import {
  parseVmcoreinfo,
  readGuestVmcoreinfo,
  recogniseVmcoreinfo,
  vmcoreinfoNote,
} from '../../../src/formats/elf/vmcoreinfo.ts';
import { VmcoreinfoSearch } from '../../../src/formats/elf/vmcoreinfo-search.ts';
import { page, vmcoreinfoText as text } from './guest.ts';

describe('a page of VMCOREINFO', () => {
  it('is recognised, up to its NUL', () => {
    expect(recogniseVmcoreinfo(page(text))).toBe(text);
  });

  it.each([
    ['zeros', Buffer.alloc(4096)],
    ['a text that does not start at the page', page(`\n${text}`)],
    ['a text without the page table', page('OSRELEASE=6.1.0\nPAGESIZE=4096\n')],
    ['a text with other bytes in it', page(text.replace('cloud', 'cl\u0001ud'))],
    ['an empty page', Buffer.alloc(0)],
  ])('is not %s', (_, bytes) => {
    expect(recogniseVmcoreinfo(bytes)).toBeUndefined();
  });

  it('may fill its page', () => {
    const full = text + 'X'.repeat(4096 - text.length);
    expect(recogniseVmcoreinfo(page(full))).toBe(full);
    expect(vmcoreinfoNote(full).desc.length).toBe(4096);
    expect(() => vmcoreinfoNote(`${full}X`)).toThrow(RangeError);
  });

  it('says where the kernel is', () => {
    expect(parseVmcoreinfo(text)).toMatchObject({
      osRelease: '6.1.0-18-cloud-amd64',
      stext: 0xffffffff9ae00000n,
      physBase: 0xa00000n,
    });
    expect(parseVmcoreinfo('OSRELEASE=5\nNUMBER(phys_base)=junk\n')).toMatchObject({
      stext: undefined,
      physBase: undefined,
    });
  });
});

describe('the note that a guest keeps for the vmcoreinfo device', () => {
  // As Linux 6.1 lays it out: 4132 bytes with the note, an empty note and unused room.
  const room = Buffer.alloc(4132);
  writeNotes(room, [vmcoreinfoNote(text)]);

  it('holds the text', () => {
    expect(readGuestVmcoreinfo(room)).toBe(text);
    expect(readGuestVmcoreinfo(room.subarray(0, 24 + text.length))).toBe(text);
  });

  it.each([
    ['nothing', Buffer.alloc(4132)],
    ['too little', room.subarray(0, 20)],
    ['a note that is cut short', room.subarray(0, 100)],
    ['a note of another name', Buffer.from(room.toString('latin1').replace('VMCORE', 'XMCORE'), 'latin1')],
    ['a note without a kernel', Buffer.from(room.toString('latin1').replace('OSRELEASE', 'XSRELEASE'), 'latin1')],
  ])('is not there: %s', (_, bytes) => {
    expect(readGuestVmcoreinfo(bytes)).toBeUndefined();
  });

  it('may claim any size', () => {
    const claim = Buffer.from(room);
    claim.writeUInt32LE(0xffffffff, 4);
    expect(readGuestVmcoreinfo(claim)).toBeUndefined();
  });
});

describe('the kernel text', () => {
  const at = (stext: string, physBase: string) =>
    kernelText(parseVmcoreinfo(`OSRELEASE=x\nSYMBOL(_stext)=${stext}\nNUMBER(phys_base)=${physBase}\n`));

  it('lies phys_base above its place in the kernel map', () => {
    expect(at('ffffffff9ae00000', '10485760')).toEqual({
      virtual: 0xffffffff9ae00000n,
      physical: 0x1b800000n,
      size: 64n << 20n,
    });
  });

  it('starts at a page of 2 MiB, and phys_base may be negative', () => {
    expect(at('ffffffff81234567', '-16777216')).toMatchObject({ virtual: 0xffffffff81200000n, physical: 0x200000n });
  });

  it.each([
    ['a kernel that does not say it', 'x', '0'],
    ['an address outside of the kernel map', 'ffff800010000000', '0'],
    ['an address below memory', 'ffffffff81000000', '-33554432'],
  ])('is unknown for %s', (_, stext, physBase) => {
    expect(at(stext, physBase)).toBeUndefined();
  });
});

describe('the search for VMCOREINFO', () => {
  const before = text.replace('ffffffff9ae00000', 'ffffffff88c00000');

  it('finds the only one among other pages', () => {
    const search = new VmcoreinfoSearch();
    search.look(Buffer.concat([Buffer.alloc(8192, 'O'), page(text), Buffer.alloc(4096)]));
    search.look(page('OSRELEASE in a log'));
    expect(search.choose()?.text).toBe(text);
  });

  it('finds nothing where nothing is', () => {
    expect(new VmcoreinfoSearch().choose()).toBeUndefined();
  });

  it('takes copies for one', () => {
    const search = new VmcoreinfoSearch();
    search.look(Buffer.concat([page(text), page(text)]));
    expect(search.choose()?.text).toBe(text);
  });

  it('tells the running kernel from the one before by an address in it', () => {
    const search = new VmcoreinfoSearch();
    search.look(page(before));
    search.add([text]);
    expect(search.choose(0xffffffff9ae00080n)?.text).toBe(text);
    expect(search.choose(0xffffffff88c00080n)?.text).toBe(before);
    expect(search.choose()).toBeUndefined();
    expect(search.choose(0n)).toBeUndefined();
  });

  it('keeps no more than a few candidates', () => {
    const search = new VmcoreinfoSearch();
    for (let i = 0; i < 100; i++) search.look(page(`${text}N=${i}\n`));
    expect(search.texts.length).toBe(16);
  });
});
