import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliHeapOptionsDocument, CliHeapPairsDocument, CliHeapTargetsDocument } from '../generated/graphql.ts';
import { bytes, plain, seconds, table } from '../text.ts';
import { kindOf, type PlaceOptions, referenceOf } from './place.ts';

/** Lists the Node.js processes that the server reaches; for one, what a capture would mean. */
export async function heapTargets(console: Console, target: string | undefined, place: PlaceOptions) {
  if (target !== undefined) return heapOptions(console, referenceOf(target, place));
  const { namespace, pod, container, selector } = place;
  const { heapTargets } = await console.client.ask(CliHeapTargetsDocument, {
    kind: kindOf(place),
    namespace: namespace ?? null,
    pod: pod ?? null,
    container: container ?? null,
    selector: selector ?? null,
  });
  for (const { kind, reason } of heapTargets?.unreachable ?? []) console.tell(`${kind}: ${plain(reason)}\n`);
  const targets = heapTargets?.targets ?? [];
  print(console, heapTargets, () =>
    targets.length === 0
      ? 'No Node.js processes.'
      : table(
          ['ID', 'NAME', 'NODE', 'COMMAND', 'OBSTACLE'],
          targets.map(({ id, name, nodeVersion, command, obstacle }) => [id, name, nodeVersion, command, obstacle]),
        ),
  );
  return exitCodes.done;
}

async function heapOptions(console: Console, target: string) {
  const { heapOptions } = await console.client.ask(CliHeapOptionsDocument, { target });
  if (heapOptions == null) return exitCodes.failed;
  const { memory, threads, expectedStallMs, warnings } = heapOptions;
  print(console, heapOptions, () =>
    [
      `${plain(heapOptions.target.name)} (${heapOptions.target.id})`,
      `heap ${bytes(memory.usedHeapBytes)}, not in the heap ${bytes(memory.externalBytes)}, process ${bytes(memory.rssBytes)}`,
      `stall: about ${seconds(expectedStallMs / 1000)}`,
      ...threads.map(({ id, title }) => `worker thread ${plain(id)}: ${plain(title)}`),
      ...warnings.map(plain),
    ].join('\n'),
  );
  return heapOptions.enough ? exitCodes.done : exitCodes.failed;
}

/** Lists the snapshots that are stored, by session. */
export async function heapList(console: Console, service: string | undefined) {
  const { heapPairs } = await console.client.ask(CliHeapPairsDocument, { service: service ?? null });
  const rows = (heapPairs ?? []).flatMap(({ service, captures }) =>
    captures.map((one) => [
      one.id,
      service,
      one.takenAt,
      one.usedHeapBytes == null ? null : bytes(one.usedHeapBytes),
      bytes(one.rawSizeBytes),
    ]),
  );
  print(console, heapPairs, () =>
    rows.length === 0 ? 'No snapshots.' : table(['ID', 'SERVICE', 'TAKEN', 'HEAP', 'SIZE'], rows),
  );
  return exitCodes.done;
}
