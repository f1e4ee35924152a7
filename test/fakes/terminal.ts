import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

/** What is done on a terminal: keys typed, the window resized, and then what is waited for. */
export interface TerminalStep {
  readonly send?: string;
  readonly resize?: number;
  /** Sent to the command itself, by its number. */
  readonly signal?: number;
  /** Made when the step is over: how a test knows. */
  readonly mark?: string;
  /** Shown after this step began; without it the next step comes at once. */
  readonly until?: string;
}

export interface TerminalRun {
  /** All that was shown. */
  readonly output: string;
  readonly code: number;
  /** Where in it the window became so wide; code points are counted. */
  readonly resizes: readonly { readonly offset: number; readonly columns: number }[];
}

/** Runs a command on a real terminal (a pty), acts the steps, and answers all that was shown, and how the command ended. */
export async function runInTerminal(
  command: readonly string[],
  {
    env,
    steps,
    columns = 80,
  }: { readonly env: Record<string, string>; readonly steps: readonly TerminalStep[]; readonly columns?: number },
): Promise<TerminalRun> {
  const child = spawn('python3', [join(import.meta.dirname, 'terminal.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify({ command, env, steps, columns }));
  const [shown] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return JSON.parse(shown);
}
