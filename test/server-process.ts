import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';

/** A real server in a process of its own, on a port of its own, on the demo hypervisor. Killed when the test is over. */
export interface ServerProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it printed so far. */
  output(): string;
  /** Runs a GraphQL document and answers its data; throws what the server says otherwise. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they asked for.
  query(document: string, variables?: object): Promise<any>;
  /** Sends a signal and resolves with the exit code (null if the signal ended it). */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

function spawnServer(folder: string, variables: Record<string, string>): ChildProcess {
  const child = spawn(process.execPath, ['src/main.ts', 'serve'], {
    env: {
      ...process.env,
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: folder,
      LIBVIRT_URI: 'demo:///',
      DEMO_SPEED: '0',
      LOG_LEVEL: 'error',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A server that does not live long enough to have put right what the one before it left; resolves when it is gone. */
export async function killServerAtStart(
  folder: string,
  variables: Record<string, string>,
  afterMs: number,
): Promise<void> {
  const child = spawnServer(folder, variables);
  const exited = once(child, 'exit');
  const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  await exited;
  clearTimeout(timer);
}

export async function startServer(folder: string, variables: Record<string, string> = {}): Promise<ServerProcess> {
  const child = spawnServer(folder, variables);
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const found = /listens on (\S+)/.exec(output);
      if (found) resolve(found[1] as string);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${output}`)));
  });
  return {
    url,
    child,
    output: () => output,
    async query(document, values = {}) {
      const response = await fetch(new URL('/graphql', url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document, variables: values }),
      });
      const answer = (await response.json()) as { data?: unknown; errors?: { message: string }[] };
      if (answer.errors) throw new Error(answer.errors.map((error) => JSON.stringify(error)).join('\n'));
      return answer.data;
    },
    async end(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
  };
}
