import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Whether this machine may make loop devices; probed once, by making one of nothing is left to the caller. */
export const lacksLoopDevices = (): boolean =>
  process.env.WITHOUT_SYSTEM === '1' || process.getuid?.() !== 0 || !existsSync('/dev/loop-control');

/** Makes a file a block device; resolves with the kernel's name of it. */
export async function bindLoop(file: string): Promise<string> {
  const { stdout } = await run('losetup', ['--find', '--show', file]);
  return basename(stdout.trim());
}

export async function releaseLoop(name: string): Promise<void> {
  await run('losetup', ['--detach', `/dev/${name}`]);
}

/** Lets a device see that its file has grown. */
export async function growLoop(name: string): Promise<void> {
  await run('losetup', ['--set-capacity', `/dev/${name}`]);
}
