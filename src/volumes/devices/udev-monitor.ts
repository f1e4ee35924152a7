import { spawn } from 'node:child_process';
import type { Closable } from '../../domain/closable.ts';

/** Longest line that is kept of a monitor's output: a property of a device is never that long. */
const maxLineLength = 8_192;
const restartMs = 5_000;

export interface UdevMonitorOptions {
  /** The program and its arguments, for tests. */
  readonly command?: readonly string[];
}

/** The kernel's own events (group 1: before udev's rules, whose links come later and may be stale). */
const usual = ['udevadm', 'monitor', '--kernel', '--property', '--subsystem-match=block'];

/**
 * Calls `changed` with the name of each block device that the kernel speaks of. A hint and no more: in a container there are no
 * such events, and under load they are lost. A monitor that ends is started again, and one that is not installed is asked for again.
 */
export function startUdevMonitor(changed: (name: string) => void, options: UdevMonitorOptions = {}): Closable {
  const [program = '', ...args] = options.command ?? usual;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let child: ReturnType<typeof start> | undefined;

  function start() {
    const process = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let rest = '';
    process.stdout.setEncoding('latin1').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = (lines.pop() ?? '').slice(0, maxLineLength);
      for (const line of lines) if (line.startsWith('DEVNAME=')) changed(nameOf(line));
    });
    const ended = new Promise<void>((resolve) => {
      process.once('error', () => resolve());
      process.once('exit', () => resolve());
    });
    void ended.then(() => {
      if (!closed) timer = setTimeout(restart, restartMs).unref();
    });
    return { process, ended };
  }
  function restart(): void {
    if (!closed) child = start();
  }
  restart();

  return {
    async close() {
      closed = true;
      clearTimeout(timer);
      child?.process.kill('SIGTERM');
      await child?.ended;
      // What it started may still hold the other end.
      child?.process.stdout.destroy();
    },
  };
}

/** `DEVNAME=/dev/loop3` and `DEVNAME=loop3` are both in use. */
function nameOf(line: string): string {
  return line
    .slice('DEVNAME='.length)
    .replace(/^\/dev\//, '')
    .replaceAll('/', '!');
}
