import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Has strace hold on to a process and all its threads, as its arguments say; resolves when it does, with what lets go and answers what it saw. */
export async function traced(pid: number, words: readonly string[]): Promise<() => Promise<string>> {
  const strace = spawn('/usr/bin/strace', ['-f', ...words, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  while (!/attached/.test(said)) {
    const [chunk] = (await once(strace.stderr, 'data')) as [Buffer];
    said += chunk;
  }
  strace.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const ended = once(strace, 'close');
  return async () => {
    strace.kill();
    await ended;
    return said;
  };
}
