import type { ServerResponse } from 'node:http';

/** Calls back when the answer's connection is no more: at once if that has happened already, which no event would tell. */
export function whenClosed(response: ServerResponse, call: () => void): void {
  if (response.destroyed || response.closed) call();
  else response.once('close', call);
}
