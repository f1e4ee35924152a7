import type { Client } from './client.ts';
import { plain } from './text.ts';

/** Where a command runs: its streams, and how it reaches the server. */
export interface Console {
  readonly client: Client;
  /** Results: what a script reads. */
  out(text: string): void;
  /** Everything else: progress, warnings, what went wrong. */
  tell(text: string): void;
  /** Progress and remarks, which `--quiet` keeps back. */
  note(text: string): void;
  /** Whether `out` writes to a terminal, which obeys what it reads. */
  readonly terminal: boolean;
  /** Width of the terminal that `tell` writes to; null if it is not one. */
  readonly columns: number | null;
  /** Whether results are to be JSON, for programs. */
  readonly json: boolean;
  /** Whether progress is not to be shown. */
  readonly quiet: boolean;
  /** Aborted when the person wants to leave. */
  readonly signal: AbortSignal;
}

/** JSON escapes some of what a terminal obeys; the rest is escaped here, as JSON can have it. */
function toJson(value: unknown, terminal: boolean): string {
  const text = JSON.stringify(value, null, 2);
  return terminal ? text.split('\n').map(plain).join('\n') : text;
}

/** Results as one JSON text, or as people like to read them. */
export function print({ json, out, terminal }: Console, value: unknown, text: () => string): void {
  const shown = json ? toJson(value, terminal) : text();
  if (shown !== '') out(`${shown}\n`);
}
