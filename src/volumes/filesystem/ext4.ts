import { spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { MemoirError } from '../../domain/memoir-error.ts';

const timeoutMs = 300_000;
const maxOutput = 64 << 10;
/** blkid(8): nothing was found. */
const nothingFound = 2;

/** What a device is recognised by; an entry of blkid(8), `TYPE` and `UUID` among them. */
export type Signature = Readonly<Record<string, string>>;

/** What is on the device: a file system, a table of partitions, part of an array; null where nothing is recognised. */
export async function signatureOf(device: FileHandle, signal: AbortSignal): Promise<Signature | null> {
  const { code, stdout, stderr } = await runOn(device, signal, 'blkid', '-p', '-o', 'export');
  if (code === nothingFound && stdout.trim() === '') return null;
  if (code !== 0) return { TYPE: `unclear (${stderr.trim() || `blkid ends with ${code}`})` };
  const entries = stdout.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(
    entries.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

/** Writes an ext4 of this UUID upon whatever is there: to be called for what was proven empty alone. */
export async function makeExt4(device: FileHandle, uuid: string, signal: AbortSignal): Promise<void> {
  const { code, stderr } = await runOn(device, signal, 'mkfs.ext4', '-q', '-m', '0', '-L', 'memoir', '-U', uuid);
  if (code !== 0) throw new MemoirError('DEVICE_CHANGED', `the file system could not be made: ${stderr.trim()}`);
}

/** Grows a mounted ext4 to its device; one that fills it is left as it is. */
export async function growExt4(path: string, signal: AbortSignal): Promise<void> {
  const { code, stderr } = await run([], signal, 'resize2fs', path);
  if (code === 0) return;
  // The kernel's EXT4_IOC_RESIZE_FS asks for this capability, which containers and hardened services lack.
  const isForbidden = stderr.includes('Permission denied');
  throw new MemoirError('NOT_CONFIGURED', `the file system did not grow: ${stderr.trim()}`, {
    hint: isForbidden
      ? 'Give the server the capability CAP_SYS_RESOURCE; or unmount the volume and run e2fsck -f and resize2fs on its device.'
      : 'See the text, which is that of resize2fs; without room dumps end as NO_SPACE.',
  });
}

/** Runs a program on the device behind the handle, which it finds as its file descriptor 3. */
const runOn = (device: FileHandle, signal: AbortSignal, program: string, ...args: string[]): Promise<Ended> =>
  run([device.fd], signal, program, ...args, '/proc/self/fd/3');

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export async function run(
  handles: readonly number[],
  signal: AbortSignal,
  program: string,
  ...args: string[]
): Promise<Ended> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...handles],
    signal: limit,
  });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      said[name] = (said[name] + chunk).slice(-maxOutput);
    });
  return new Promise((resolve, reject) => {
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (signal.aborted) return reject(signal.reason);
      const what = cause.code === 'ENOENT' ? 'is not installed' : `could not run: ${cause.message}`;
      reject(
        new MemoirError('NOT_CONFIGURED', `${program} ${what}`, {
          cause,
          hint: 'Install the packages util-linux, mount and e2fsprogs.',
        }),
      );
    });
    child.once('close', (code) => resolve({ code, ...said }));
  });
}
