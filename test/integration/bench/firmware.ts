import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Makes the firmware of firmware.S in `folder` and returns the path of its 64 KiB image. */
export async function buildFirmware(folder: string): Promise<string> {
  const [object, image] = [join(folder, 'firmware.o'), join(folder, 'firmware.bin')];
  await run('gcc', ['-c', '-m64', '-o', object, join(import.meta.dirname, 'firmware.S')]);
  const sections = ['-Ttext=0xf0000', '--section-start=.reset=0xffff0', '--oformat=binary'];
  await run('ld', ['-m', 'elf_x86_64', '-e', '0', ...sections, '-o', image, object]);
  return image;
}
