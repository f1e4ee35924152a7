import { appendFileSync, closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { z } from 'zod';
import { MemoirError } from '../domain/memoir-error.ts';
import { codeOf, messageOf } from '../domain/thrown.ts';

/** An event's line is a few kilobytes; where the last one is longer than this, the file is none of ours. */
const maxLine = 1024 * 1024;

const lineSchema = z.object({ cursor: z.string() });

/**
 * Events as lines of JSON, each exactly once: the place in the log is that of the last whole line, so an event and the knowledge that it was
 * written are one write. A line that a crash cut off is removed and written anew. One process at a time.
 */
export class EventFile {
  readonly #file: string;
  /** After which event to go on; undefined for a file without any. */
  readonly cursor: string | undefined;

  constructor(file: string) {
    this.#file = file;
    this.cursor = repair(file);
  }

  append(event: object): void {
    appendFileSync(this.#file, `${JSON.stringify(event)}\n`, { mode: 0o600 });
  }
}

/** Cuts off a line without an end, and answers the cursor of the last one. */
function repair(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r+');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new MemoirError('BAD_INPUT', `${file} cannot be opened: ${messageOf(cause)}`, { cause });
  }
  try {
    const { size } = fstatSync(descriptor);
    const tail = Buffer.alloc(Math.min(size, 2 * maxLine));
    readSync(descriptor, tail, 0, tail.length, size - tail.length);
    const end = tail.lastIndexOf('\n') + 1;
    if (end === 0 && size > maxLine) throw new MemoirError('BAD_INPUT', `${file} has no events: it is left alone`);
    const line = tail.subarray(tail.lastIndexOf('\n', end - 2) + 1, Math.max(0, end - 1)).toString();
    const cursor = end === 0 ? undefined : cursorOf(line, file);
    ftruncateSync(descriptor, size - tail.length + end);
    return cursor;
  } finally {
    closeSync(descriptor);
  }
}

function cursorOf(line: string, file: string): string {
  try {
    return lineSchema.parse(JSON.parse(line)).cursor;
  } catch (cause) {
    throw new MemoirError('BAD_INPUT', `the last line of ${file} is not an event: the file is left alone`, { cause });
  }
}
