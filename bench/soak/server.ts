import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a start or a stop may take; longer is a hang. */
const patienceMs = 60_000;

/** A Memoir that is killed and started again on the same data, as often as the soak wants. */
export class SoakServer {
  readonly #variables: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #url = '';
  #output = '';

  constructor(variables: Readonly<Record<string, string>>) {
    this.#variables = variables;
  }

  get isUp(): boolean {
    return this.#child !== undefined;
  }

  /** The end of what it printed, over all its lives. */
  get output(): string {
    return this.#output.slice(-60_000);
  }

  async start(): Promise<void> {
    const env = { ...process.env, HOST: '127.0.0.1', PORT: '0', LOG_LEVEL: 'info', ...this.#variables };
    const child = spawn(process.execPath, ['src/main.ts', 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let own = '';
    this.#url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer): void => {
        own += chunk;
        this.#output = (this.#output + chunk).slice(-100_000);
        const found = /listens on (\S+)/.exec(own);
        if (found) resolve(found[1] as string);
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('exit', (code) => reject(new Error(`the server ended with ${code}:\n${own}`)));
      AbortSignal.timeout(patienceMs).addEventListener('abort', () => {
        reject(new Error(`the server does not listen after ${patienceMs} ms:\n${own}`));
        if (this.#child !== child) child.kill('SIGKILL');
      });
    });
    this.#child = child;
  }

  /** Resolves with its exit code; null where the signal ended it. Rejects for one that hangs, after killing it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exited = once(child, 'exit');
    child.kill(signal);
    try {
      await once(child, 'exit', { signal: AbortSignal.timeout(patienceMs) });
    } catch {
      child.kill('SIGKILL');
      await exited;
      throw new Error(`the server did not end within ${patienceMs} ms of ${signal}`);
    }
    return child.exitCode;
  }

  /** Null where it could not answer: it is being killed, or its disk is full. */
  async ask<T>(document: string, variables: object = {}): Promise<T | null> {
    if (this.#child === undefined) return null;
    try {
      const response = await fetch(new URL('/graphql', this.#url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: document, variables }),
        signal: AbortSignal.timeout(60_000),
      });
      return ((await response.json()) as { data: T | null }).data;
    } catch {
      return null;
    }
  }
}
