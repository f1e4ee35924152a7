import type { Client } from './client.ts';

/** Where a command runs: its streams, and how it reaches the server. */
export interface Console {
  readonly client: Client;
  /** Results: what a script reads. */
  out(text: string): void;
  /** Everything else: progress, warnings, what went wrong. */
  tell(text: string): void;
  /** Whether `out` writes to a terminal, which obeys what it reads. */
  readonly terminal: boolean;
  /** Width of the terminal that `tell` writes to; null if it is not one. */
  readonly columns: number | null;
  /** Whether results are to be JSON, for programs. */
  readonly json: boolean;
  /** Aborted when the person wants to leave. */
  readonly signal: AbortSignal;
}

/** Results as one JSON text, or as people like to read them. */
export function print({ json, out }: Console, value: unknown, text: () => string): void {
  const shown = json ? JSON.stringify(value, null, 2) : text();
  if (shown !== '') out(`${shown}\n`);
}
