import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliCancelDumpDocument,
  CliDeleteDumpDocument,
  CliDumpDocument,
  type CliDumpQuery,
  CliDumpsDocument,
} from '../generated/graphql.ts';
import { bytes, plain, seconds, table } from '../text.ts';
import { readOperationState } from '../words.ts';

export interface DumpsOptions {
  readonly vm?: string;
  readonly state?: readonly string[];
  readonly active?: boolean;
  readonly limit: number;
}

/** Dumps in every state, newest first. */
export async function listDumps(console: Console, { vm, state, active, limit }: DumpsOptions) {
  const named = state?.map(readOperationState);
  const states = active === true ? (['QUEUED', 'RUNNING'] as const) : named;
  const { dumps } = await console.client.ask(CliDumpsDocument, {
    first: limit,
    ...(vm !== undefined && { vm }),
    ...(states !== undefined && { states: [...states] }),
  });
  print(console, dumps.nodes, () =>
    dumps.nodes.length === 0
      ? 'No dumps yet. Start one: memoir dump NAME --watch'
      : table(
          ['DUMP', 'MACHINE', 'STATE', 'CREATED', 'DURATION', 'SIZE', 'MESSAGE'],
          dumps.nodes.map((one) => [
            one.id,
            one.vmName,
            one.state,
            one.createdAt,
            one.durationSec == null ? null : seconds(one.durationSec),
            one.sizeBytes == null ? null : bytes(one.sizeBytes),
            one.error == null ? one.message : `${one.error.code}: ${one.error.message}`,
          ]),
        ),
  );
  return exitCodes.done;
}

type Shown = NonNullable<CliDumpQuery['dump']>;

/** One dump with everything that is known of it, and what happened to it. */
export async function showDump(console: Console, id: string) {
  const dump = await findDump(console, id);
  print(console, dump, () => describe(dump));
  return exitCodes.done;
}

async function findDump({ client }: Console, id: string): Promise<Shown> {
  const { dump } = await client.ask(CliDumpDocument, { id });
  if (dump != null) return dump;
  throw new MemoirError('NOT_FOUND', `there is no dump ${id}`, { hint: '`memoir dumps` lists them.' });
}

function describe(dump: Shown): string {
  const { error, verification } = dump;
  const facts: readonly (readonly [string, string | null | undefined])[] = [
    ['Dump', dump.id],
    ['Machine', `${dump.vmName} (${dump.machineId}) on ${dump.host}${dump.demo ? ', DEMO: simulated' : ''}`],
    ['State', `${dump.state}${dump.phase == null ? '' : `, ${dump.phase}`}: ${dump.message}`],
    ['Error', error == null ? null : `${error.code}: ${error.message} ${error.hint}`],
    ['Requested by', dump.actor],
    ['Created', dump.createdAt],
    ['Finished', dump.finishedAt],
    ['Method', dump.method == null ? null : `${dump.method}: ${dump.methodReason ?? ''}`],
    ['Guest pause', dump.guestPauseMs == null ? null : `${dump.guestPauseMs.toFixed(1)} ms`],
    ['Duration', dump.durationSec == null ? null : seconds(dump.durationSec)],
    ['Size', dump.sizeBytes == null ? null : `${bytes(dump.sizeBytes)} of ${bytes(dump.rawSizeBytes ?? 0)}`],
    ['Artifact', dump.dumpPath ?? `${dump.plannedPath} (not there)`],
    ['SHA-256', dump.sha256],
    ['Image SHA-256', dump.imageSha256],
    ['Verified', verification == null ? null : `${verification.state}: ${verification.message}`],
  ];
  const lines = facts.flatMap(([name, value]) => (value == null ? [] : [`${name.padEnd(14)} ${plain(value)}`]));
  const events = (dump.events ?? []).map(({ at, type, message }) => plain(`  ${at}  ${type}  ${message}`));
  return [...lines, 'Events', ...events].join('\n');
}

/** Asks for the end of dumps; each on its own. */
export async function cancelDumps(console: Console, ids: readonly string[]) {
  const results = await Promise.all(ids.map((id) => settled(console, id, () => cancel(console, id))));
  print(console, results, () =>
    results
      .filter(({ error }) => error === null)
      .map(({ id }) => `${id}: ends`)
      .join('\n'),
  );
  return results.every(({ error }) => error === null) ? exitCodes.done : exitCodes.failed;
}

const cancel = async ({ client }: Console, id: string): Promise<void> =>
  void (await client.ask(CliCancelDumpDocument, { id }));

/** Deletes artifacts for good; the records stay. Nothing is deleted until `--yes` says so. */
export async function deleteDumps(console: Console, ids: readonly string[], yes: boolean) {
  if (!yes)
    throw new MemoirError(
      'BAD_INPUT',
      `this deletes ${ids.length === 1 ? 'an artifact' : `${ids.length} artifacts`} for good`,
      {
        hint: `Add --yes to do it: memoir delete ${ids.map(plain).join(' ')} --yes`,
      },
    );
  const results = await Promise.all(
    ids.map((id) => settled(console, id, async () => void (await console.client.ask(CliDeleteDumpDocument, { id })))),
  );
  print(console, results, () =>
    results
      .filter(({ error }) => error === null)
      .map(({ id }) => `${id}: deleted`)
      .join('\n'),
  );
  return results.every(({ error }) => error === null) ? exitCodes.done : exitCodes.failed;
}

/** What the server refuses for one is said, and does not keep the others from being done. */
async function settled(console: Console, id: string, work: () => Promise<void>) {
  try {
    await work();
    return { id, error: null };
  } catch (error) {
    if (!(error instanceof MemoirError) || ['UNAUTHENTICATED', 'FORBIDDEN'].includes(error.code)) throw error;
    const { code, message, hint } = error;
    console.tell(`${plain(id)}: ${code}: ${plain(message)}\n  ${plain(hint)}\n`);
    return { id, error: { code, message, hint } };
  }
}
