import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/** What a guest runs: /init, which is a shell script, and the files that it needs. */
export interface GuestProgram {
  readonly init: string;
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

const directory = 0o040755;
const executable = 0o100755;
const symlink = 0o120777;

/** One member of a cpio archive in the "newc" form, which the kernel unpacks (Documentation/driver-api/early-userspace/buffer-format.rst). */
function member(inode: number, name: string, mode: number, content: Uint8Array): Uint8Array[] {
  const field = (value: number): string => value.toString(16).padStart(8, '0');
  const nameBytes = Buffer.from(`${name}\0`);
  const header = Buffer.from(
    [
      '070701', // magic: newc without checksum
      field(inode),
      field(mode),
      field(0), // uid
      field(0), // gid
      field(1), // links
      field(0), // mtime
      field(content.length),
      field(0), // device, major and minor: of the file, then of a device node
      field(0),
      field(0),
      field(0),
      field(nameBytes.length),
      field(0), // checksum
    ].join(''),
  );
  const pad = (length: number): Uint8Array => new Uint8Array(-length & 3); // name and content end at a multiple of four
  return [header, nameBytes, pad(header.length + nameBytes.length), content, pad(content.length)];
}

/** The initramfs of a guest: busybox under its usual names, the program's files, /init. */
export async function initramfs({ init, files = {} }: GuestProgram): Promise<Buffer> {
  const busybox = await readFile('/bin/busybox');
  const members: [name: string, mode: number, content: Uint8Array][] = [
    ...['bin', 'proc', 'sys', 'dev', 'tmp'].map((name): [string, number, Uint8Array] => [name, directory, Buffer.of()]),
    ['bin/busybox', executable, busybox],
    ['bin/sh', symlink, Buffer.from('busybox')],
    ['init', executable, Buffer.from(init)],
    ...Object.entries(files).map(([name, content]): [string, number, Uint8Array] => [name, executable, content]),
  ];
  const archive = members.flatMap(([name, mode, content], index) => member(index + 1, name, mode, content));
  return gzipSync(Buffer.concat([...archive, ...member(0, 'TRAILER!!!', 0, Buffer.of())]), { level: 1 });
}
