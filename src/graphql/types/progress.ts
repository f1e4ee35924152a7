import type { Progress } from '../../operations/operation-kind.ts';
import type { LiveOperation } from '../../operations/operations.ts';
import { builder } from '../builder.ts';

type LiveProgress = LiveOperation & { readonly progress: Progress };

export const ProgressType = builder.objectRef<LiveProgress>('Progress').implement({
  description:
    'How far an operation is, now. Counted, never guessed. RECORDS_SYNC counts records where others count bytes.',
  fields: (t) => ({
    percent: t.float({
      nullable: true,
      description: '0 to 100; null while the total is not known.',
      resolve: ({ progress }) => percentOf(progress),
    }),
    doneBytes: t.field({
      type: 'ByteCount',
      description: 'Bytes read so far.',
      resolve: (live) => live.progress.doneBytes,
    }),
    totalBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Bytes to read in all; null while that is not known.',
      resolve: (live) => live.progress.totalBytes,
    }),
    writtenBytes: t.field({
      type: 'ByteCount',
      nullable: true,
      description: 'Bytes of the artifact so far; null where nothing is written.',
      resolve: (live) => live.progress.writtenBytes ?? null,
    }),
    bytesPerSecond: t.exposeFloat('bytesPerSecond', {
      nullable: true,
      description: 'Smoothed rate; null while unknown.',
    }),
    secondsLeft: t.exposeFloat('secondsLeft', {
      nullable: true,
      description: 'Estimated time left; null while unknown.',
    }),
  }),
});

/** What there is to show of an operation's progress; null before its first byte. */
export function progressOf(live: LiveOperation): LiveProgress | null {
  return live.progress === null ? null : (live as LiveProgress);
}

function percentOf({ doneBytes, totalBytes }: Progress): number | null {
  if (totalBytes === null) return null;
  if (totalBytes === 0) return 100;
  return Math.min(100, Math.round((doneBytes / totalBytes) * 1000) / 10);
}
