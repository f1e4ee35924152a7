import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf } from '../../domain/thrown.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';

export interface OpenOptions {
  readonly output?: string;
}

/** Fetches a snapshot as the file that Chrome DevTools opens. */
export async function heapOpen(
  console: Console,
  server: { readonly url: string; readonly token: string | null },
  id: string,
  { output = `${id}.heapsnapshot` }: OpenOptions,
) {
  const headers = server.token === null ? {} : { authorization: `Bearer ${server.token}` };
  const address = new URL(`/api/heaps/${encodeURIComponent(id)}/snapshot`, server.url);
  const answer = await fetch(address, { headers, signal: console.signal });
  if (!answer.ok || answer.body === null) {
    const refusal: { errors?: { message?: string }[] } = await answer.json().catch(() => ({}));
    throw new MemoirError(
      'NOT_FOUND',
      refusal.errors?.[0]?.message ?? `the server answers with status ${answer.status}`,
    );
  }
  try {
    await pipeline(answer.body, createWriteStream(output, { flags: 'wx', mode: 0o600 }));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw new MemoirError('BAD_INPUT', `${output} is there already`);
    await rm(output, { force: true });
    throw error;
  }
  print(console, { id, output }, () => `${output}\nOpen it in Chrome: DevTools, Memory, Load profile.`);
  return exitCodes.done;
}
