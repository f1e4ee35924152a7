import { MemoirError } from '../../domain/memoir-error.ts';
import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import { CliHeapDiffDocument, CliHeapPairsDocument } from '../generated/graphql.ts';
import { bytes, plain, table } from '../text.ts';

export interface DiffOptions {
  readonly search?: string;
  readonly limit?: number;
}

const signed = (count: number): string => (count < 0 ? `-${bytes(-count)}` : `+${bytes(count)}`);

/** Compares two snapshots, or the first and the last of a session. */
export async function heapDiff(console: Console, before: string, after: string | undefined, options: DiffOptions) {
  if (after !== undefined) return showDiff(console, before, after, options);
  const { heapPairs } = await console.client.ask(CliHeapPairsDocument, { service: null });
  const captures = heapPairs?.find(({ id }) => id === before)?.captures ?? [];
  const [first, last] = [captures[0], captures.at(-1)];
  if (first === undefined || last === undefined || first === last) {
    throw new MemoirError('BAD_INPUT', 'name two snapshots, or a session that has two');
  }
  return showDiff(console, first.id, last.id, options);
}

export async function showDiff(console: Console, before: string, after: string, { search, limit = 12 }: DiffOptions) {
  const { heapDiff: diff } = await console.client.ask(CliHeapDiffDocument, {
    before,
    after,
    first: limit,
    search: search ?? null,
  });
  if (diff == null) return exitCodes.failed;
  print(console, diff, () => {
    const how = diff.comparedBy === 'IDENTITY' ? 'object by object' : 'by class only';
    const rows = diff.classes.map((row) => [
      row.name,
      `+${row.newCount} -${row.goneCount}`,
      row.afterCount,
      signed(row.deltaBytes),
      bytes(row.retainedBytes),
      row.script === null ? '' : `${row.script}:${row.line}`,
    ]);
    return [
      `Heap ${bytes(diff.beforeBytes)} → ${bytes(diff.afterBytes)}, compared ${how}.`,
      '',
      table(['CLASS', 'NEW/GONE', 'NOW', 'SIZE', 'RETAINED', 'DEFINED IN'], rows),
      '',
      ...(diff.suspects.length === 0
        ? ['Nothing grew.']
        : ['Leak suspects:', ...diff.suspects.map(({ sentence }) => `  ${plain(sentence)}`)]),
    ].join('\n');
  });
  return exitCodes.done;
}
