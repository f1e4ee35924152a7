import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import type { Guest } from './guest.ts';
import { type RecordedMessage, startRecorder } from './recorder.ts';

/** One event of QEMU's monitor, with the time by QEMU's own clock, in milliseconds since 1970. */
export interface QemuEvent {
  readonly name: string;
  readonly atMs: number;
}

/** The events of a guest's QEMU since the watch began. */
export interface QemuEvents extends AsyncDisposable {
  readonly events: readonly QemuEvent[];
  /** How long the guest stood still each time: from STOP to RESUME. */
  pausesMs(): number[];
}

/** Watches a guest's QEMU, by virsh. Resolves when events come in. */
export async function watchQemuEvents(bench: Bench, guest: Guest): Promise<QemuEvents> {
  const recorder = await startRecorder(join(bench.exchange, `${randomUUID()}.sock`), bench.socketPath);
  const uri = `qemu+unix:///system?socket=${recorder.socketPath}`;
  const child = spawn('virsh', ['-c', uri, 'qemu-monitor-event', '--loop', '--domain', guest.uuid]);
  let output = '';
  const events: QemuEvent[] = [];
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
    // event STOP at 1795224621.001535 for domain 'name': <null>
    for (let end = output.indexOf('\n'); end >= 0; end = output.indexOf('\n')) {
      const [, name, at] = output.slice(0, end).match(/^event (\S+) at (\d+\.\d+)/) ?? [];
      if (name) events.push({ name, atMs: Number(at) * 1000 });
      output = output.slice(end + 1);
    }
  });
  // virsh does not say when it has registered; the answer to its call does (program 0x20008087, procedure 4).
  const registered = ({ from, bytes }: RecordedMessage): boolean =>
    from === 'server' && bytes.readUInt32BE(4) === 0x20008087 && bytes.readUInt32BE(12) === 4;
  while (!recorder.messages.some(registered)) {
    if (child.exitCode !== null) throw new Error(`virsh does not watch the events of ${guest.name}`);
    await sleep(10);
  }
  return {
    events,
    pausesMs: () =>
      events.flatMap(({ name, atMs }, index) => {
        const resume = events.slice(index).find((later) => later.name === 'RESUME');
        return name === 'STOP' && resume ? [resume.atMs - atMs] : [];
      }),
    async [Symbol.asyncDispose]() {
      child.kill();
      await recorder.close();
    },
  };
}
