import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { MemoirError } from '../../domain/memoir-error.ts';
import { codeOf, messageOf } from '../../domain/thrown.ts';
import type { Console } from '../console.ts';
import { EventFile } from '../event-file.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliEventCursorDocument, CliEventsDocument, type CliEventsSubscription } from '../generated/graphql.ts';
import { plain } from '../text.ts';
import { untilComplete } from '../until-complete.ts';

export interface WatchOptions {
  readonly after?: string;
  readonly cursorFile?: string;
  /** Each event is added to this file as a line of JSON, exactly once. */
  readonly append?: string;
  /** Run for each event, with the event as JSON on its standard input. No shell is involved. */
  readonly exec?: string;
}

type Event = CliEventsSubscription['operationEvents'];

/**
 * Follows the event log without missing or repeating an event, across restarts of either side. The cursor file is written when
 * an event has been dealt with: after a crash in between, that one event is dealt with again, and none is lost. A file that is appended to
 * holds its own place, so there each event is once; it goes before `--after`, which says where an empty one begins.
 */
export async function watch(
  console: Console,
  { after, cursorFile, append, exec }: WatchOptions,
  args: readonly string[] = [],
) {
  const file = append === undefined ? undefined : new EventFile(append);
  // “From now on” is a place too: what happens while the connection is broken comes after it.
  let cursor =
    file?.cursor ??
    after ??
    readCursor(cursorFile) ??
    (await console.client.ask(CliEventCursorDocument, {})).service.eventCursor;
  for await (const { operationEvents: event } of untilComplete(console, CliEventsDocument, () => ({ after: cursor }), {
    endless: true,
  })) {
    file?.append(event);
    console.out(console.json ? `${JSON.stringify(event)}\n` : `${line(event)}\n`);
    if (exec !== undefined) await run(console, exec, args, event);
    cursor = event.cursor;
    if (cursorFile !== undefined) writeCursor(cursorFile, cursor);
  }
  return exitCodes.done;
}

function line({ at, seq, kind, type, message, operation }: Event): string {
  const name = operation?.dump?.vmName;
  return plain(`${at}  ${seq}  ${kind ?? '-'} ${type}${name === undefined ? '' : `  ${name}`}  ${message}`);
}

async function run({ tell }: Console, command: string, args: readonly string[], event: Event): Promise<void> {
  const child = spawn(command, args, { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin.on('error', () => undefined).end(`${JSON.stringify(event)}\n`);
  await once(child, 'close').catch((error: Error) => {
    throw new MemoirError('BAD_INPUT', `${command} cannot be run: ${error.message}`);
  });
  const { exitCode } = child;
  if (exitCode !== 0) tell(`${command} ended with ${exitCode ?? 'a signal'} for event ${event.seq}\n`);
}

function readCursor(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw new MemoirError('BAD_INPUT', `the cursor file cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** By another name first, so that there is always a whole one. */
function writeCursor(file: string, cursor: string): void {
  writeFileSync(`${file}.new`, `${cursor}\n`);
  renameSync(`${file}.new`, file);
}
