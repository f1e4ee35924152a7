import { type Console, print } from '../console.ts';
import { exitCodes } from '../exit-codes.ts';
import {
  CliHoldDocument,
  CliReleaseDocument,
  CliRetentionPreviewDocument,
  CliRunRetentionDocument,
} from '../generated/graphql.ts';
import { bytes, plain, table } from '../text.ts';

export interface RetentionOptions {
  readonly yes?: boolean;
}

/** What would go and why; with `--yes` exactly that is removed. */
export async function retain(console: Console, { yes }: RetentionOptions) {
  const { retentionPreview: preview } = await console.client.ask(CliRetentionPreviewDocument, {});
  if (yes === true) {
    const { payload } = await console.client.ask(CliRunRetentionDocument, { fingerprint: preview.fingerprint });
    const { run } = payload;
    print(
      console,
      run,
      () => `${run?.removed ?? 0} removed, ${bytes(run?.freedBytes ?? 0)} freed. ${run?.warning ?? ''}`,
    );
    return (run?.failed ?? 0) > 0 || run?.warning != null ? exitCodes.failed : exitCodes.done;
  }
  if (preview.warning != null) console.note(`${preview.warning}\n`);
  print(console, preview, () =>
    [
      table(
        ['ID', 'MACHINE', 'CREATED', 'SIZE', 'WHY'],
        preview.going.map((one) => [
          one.id,
          one.machineName,
          one.createdAt,
          bytes(one.sizeBytes),
          one.reasons.join(', '),
        ]),
      ),
      `${preview.goingCount} would go (${bytes(preview.goingBytes)}), ${preview.stayingCount} stay (${bytes(preview.stayingBytes)}).`,
    ].join('\n'),
  );
  return exitCodes.done;
}

export interface HoldOptions {
  readonly heap?: boolean;
  readonly release?: boolean;
  readonly reason?: string;
}

export async function hold(console: Console, id: string, { heap, release, reason }: HoldOptions) {
  const kind = heap === true ? 'HEAP' : 'DUMP';
  const { payload } =
    release === true
      ? await console.client.ask(CliReleaseDocument, { kind, id })
      : await console.client.ask(CliHoldDocument, { kind, id, reason: reason ?? '' });
  print(console, payload.hold, () => `${plain(id)} is ${release === true ? 'released' : 'held'}.`);
  return exitCodes.done;
}
