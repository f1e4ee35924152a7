import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Console } from '../console.ts';
import { heapCapture } from './capture.ts';

/** Starts a process that leaks, captures it twice, and shows what piled up: no container, no configuration. */
export async function heapDemo(console: Console, waitSec: number) {
  const file = fileURLToPath(new URL('./demo-service.ts', import.meta.url));
  // Any port will do: the usual one may be another program's on this machine.
  const service = spawn(process.execPath, ['--inspect-port=0', file], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    await once(service.stdout, 'data');
    console.tell(`Started a service that leaks: pid ${service.pid}\n`);
    return await heapCapture(console, `process:${service.pid}`, [waitSec], { service: 'demo' });
  } finally {
    service.kill();
  }
}
