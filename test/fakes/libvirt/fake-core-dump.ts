import { constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { FakeFailure } from './handlers.ts';

const pieceBytes = 256 * 1024;
const errnos: Readonly<Record<string, number>> = { EPERM: 1, ENOENT: 2, EACCES: 13, ENOTDIR: 20, EROFS: 30 };

/** The error of a path that libvirtd cannot open, as it says it: with the errno. */
export function pathRefused(path: string, code: string): FakeFailure {
  return new FakeFailure(38, `Failed to open file '${path}': ${code}`, { int1: errnos[code] ?? 5 });
}

/**
 * Opens a FIFO for writing as libvirtd does. The real one waits for a reader with the guest paused and its lock held: here
 * that is an error of its own, because whoever has it happen has a fault.
 */
export function openFifo(path: string): Socket {
  try {
    const fd = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    return new Socket({ fd, readable: false, writable: true });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'ENXIO') throw new Error(`a FIFO without a reader, at which libvirtd waits for ever: ${path}`);
    throw pathRefused(path, code);
  }
}

/** Writes a core into an open FIFO, as fast as it is read; `wrote` hears of each piece, and is waited for. */
export async function writeCore(to: Socket, core: Buffer, wrote: (bytes: number) => Promise<void>): Promise<void> {
  const { promise: broken, reject } = Promise.withResolvers<never>();
  broken.catch(() => undefined);
  const signal13 =
    'internal error: Child process (LIBVIRT_LOG_OUTPUTS=3:stderr /usr/lib/libvirt/libvirt_iohelper) unexpected fatal signal 13';
  const fail = (): void => reject(new FakeFailure(1, signal13));
  to.on('error', fail);
  to.on('close', fail);
  try {
    for (let at = 0; at < core.length; at += pieceBytes) {
      const piece = core.subarray(at, at + pieceBytes);
      await Promise.race([new Promise<void>((done) => to.write(piece, () => done())), broken]);
      await Promise.race([wrote(at + piece.length), broken]);
    }
  } finally {
    to.off('close', fail);
    to.end();
  }
}
