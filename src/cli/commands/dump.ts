import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliProgressDocument,
  type CliProgressSubscription,
  CliTriggerDocument,
  type TriggerDumpsInput,
} from '../generated/graphql.ts';
import { ProgressView } from '../progress-view.ts';
import { bytes, plain, seconds, table } from '../text.ts';
import { Left, untilComplete } from '../until-complete.ts';
import { readCompression, readFormat, readMethod } from '../words.ts';

export interface DumpOptions {
  readonly all?: boolean;
  readonly watch?: boolean;
  readonly method?: string;
  readonly format?: string;
  readonly compression?: string;
  readonly key?: string;
  /** Milliseconds. */
  readonly maxPause?: number;
}

type Progress = CliProgressSubscription['dumpProgress'];

/** Triggers dumps; with `watch`, follows them to their end. Fails if any machine gets none, or any dump does. */
export async function dump(console: Console, vms: readonly string[], options: DumpOptions) {
  if ((vms.length === 0) === (options.all !== true)) throw new MemoirError('BAD_INPUT', 'name machines, or use --all');
  const input: TriggerDumpsInput = {
    ...(options.all === true ? { all: true } : { vms: [...vms] }),
    ...(options.method !== undefined && { method: readMethod(options.method) }),
    ...(options.format !== undefined && { format: readFormat(options.format) }),
    ...(options.compression !== undefined && { compression: readCompression(options.compression) }),
    ...(options.maxPause !== undefined && { maxPauseMs: options.maxPause }),
    ...(options.key !== undefined && { idempotencyKey: options.key }),
  };
  const { accepted, rejected } = (await console.client.ask(CliTriggerDocument, { input })).triggerDumps;
  for (const { vm, code, message, hint } of rejected) {
    console.tell(`${plain(vm)}: ${code}: ${plain(message)}\n  ${plain(hint)}\n`);
  }
  const ends = options.watch === true ? await watch(console, accepted) : new Map<string, Progress>();
  const results = accepted.map((one) => ({ ...one, ...ends.get(one.id) }));
  print(console, { accepted: results, rejected }, () => (options.watch === true ? ended(results) : started(accepted)));
  const failed = [...ends.values()].filter(({ state }) => state !== 'COMPLETED');
  return rejected.length === 0 && failed.length === 0 ? exitCodes.done : exitCodes.failed;
}

async function watch(console: Console, accepted: readonly { id: string }[]): Promise<Map<string, Progress>> {
  const ends = new Map<string, Progress>();
  if (accepted.length === 0) return ends;
  const view = new ProgressView(console);
  const ids = accepted.map(({ id }) => id);
  try {
    for await (const { dumpProgress } of untilComplete(console, CliProgressDocument, () => ({ ids }))) {
      view.show({ ...dumpProgress, name: dumpProgress.vmName });
      if (dumpProgress.final) ends.set(dumpProgress.id, dumpProgress);
    }
  } catch (error) {
    if (!(error instanceof Left)) throw error;
    const rest = ids.filter((id) => !ends.has(id));
    const many = rest.length === 1 ? 'the dump goes on' : `${rest.length} dumps go on`;
    throw new Left(`${many}. To end ${rest.length === 1 ? 'it' : 'them'}: memoir cancel ${rest.join(' ')}`);
  }
  return ends;
}

function started(accepted: readonly { id: string; vmName: string; state: string }[]): string {
  return table(
    ['DUMP', 'MACHINE', 'STATE'],
    accepted.map(({ id, vmName, state }) => [id, vmName, state]),
  );
}

function ended(results: readonly ({ id: string; vmName: string } & Partial<Progress>)[]): string {
  const rows = results.map(({ vmName, state, guestPauseMs, error, dump: made }) => [
    vmName,
    state ?? null,
    made?.method ?? null,
    made?.durationSec == null ? null : seconds(made.durationSec),
    guestPauseMs == null ? null : `${guestPauseMs.toFixed(1)} ms`,
    made?.sizeBytes == null ? null : bytes(made.sizeBytes),
    error === null || error === undefined ? (made?.dumpPath ?? null) : `${error.code}: ${error.message}`,
  ]);
  return table(['MACHINE', 'STATE', 'METHOD', 'TIME', 'PAUSE', 'SIZE', 'ARTIFACT'], rows);
}
