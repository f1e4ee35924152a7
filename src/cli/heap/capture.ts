import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliCancelHeapCaptureDocument, CliCaptureHeapDocument } from '../generated/graphql.ts';
import { bytes, plain } from '../text.ts';
import { showDiff } from './diff.ts';
import { followCapture } from './heap-progress.ts';
import { meantBy, type PlaceOptions } from './place.ts';

export interface CaptureOptions extends PlaceOptions {
  readonly service?: string;
  readonly thread?: string;
  readonly force?: boolean;
  readonly redact?: boolean;
  readonly key?: string;
}

/** Captures a process; with waits several times in one session. Leaving cancels it: a wait that nobody watches helps nobody. */
export async function heapCapture(
  console: Console,
  target: string | undefined,
  waitsSec: readonly number[],
  options: CaptureOptions,
) {
  const { service, thread, force = false, redact, key } = options;
  const input = {
    ...meantBy(target, options),
    service: service ?? null,
    thread: thread ?? null,
    waitsSec: [...waitsSec],
    force,
    redact: redact ?? null,
    idempotencyKey: key ?? null,
  };
  const { operation: started } = (await console.client.ask(CliCaptureHeapDocument, { input })).captureHeap;
  const operation = await followCapture(console, started.id);
  if (console.signal.aborted) {
    await console.client.ask(CliCancelHeapCaptureDocument, { id: started.id }).catch(() => undefined);
    console.tell('Cancelled; snapshots that were stored stay.\n');
    return exitCodes.failed;
  }
  const captured = operation != null && 'captures' in operation ? operation : null;
  const error = operation?.error ?? null;
  const captures = captured?.captures ?? [];
  const [first, last] = [captures[0], captures.at(-1)];
  if (error !== null) console.tell(`${error.code}: ${plain(error.message)}\n  ${plain(error.hint)}\n`);
  if (!console.json && error === null && first !== undefined && last !== undefined && captures.length > 1) {
    for (const one of captures) console.tell(`${one.id}  ${bytes(one.rawSizeBytes)}\n`);
    return showDiff(console, first.id, last.id, {});
  }
  print(console, { id: started.id, ...operation }, () =>
    captures.map((one) => `${one.id}  ${bytes(one.rawSizeBytes)}  ${plain(one.location)}`).join('\n'),
  );
  return error === null ? exitCodes.done : exitCodes.failed;
}
