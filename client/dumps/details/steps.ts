import type { Dump } from './details.tsx';

export interface Step {
  readonly name: string;
  /** Epoch milliseconds. */
  readonly fromMs: number;
  readonly untilMs: number;
  /** Nothing was done yet. */
  readonly waits: boolean;
  /** The guest's memory was read. */
  readonly captures: boolean;
}

const names: Record<string, string> = { planning: 'Planning', capturing: 'Capturing', finishing: 'Finishing' };

/** The steps that a dump went through, by its events, without those that took no time; the last one of an active dump goes on until now. */
export function stepsOf(
  { events, createdAt, startedAt, finishedAt }: Pick<Dump, 'events' | 'createdAt' | 'startedAt' | 'finishedAt'>,
  nowMs: number,
): readonly Step[] {
  const endMs = finishedAt === null ? nowMs : Date.parse(finishedAt);
  const marks = [
    { name: 'Queued', fromMs: Date.parse(createdAt), waits: true, captures: false },
    ...(startedAt === null ? [] : [{ name: 'Starting', fromMs: Date.parse(startedAt), waits: false, captures: false }]),
    ...(events ?? [])
      .filter(({ type, phase }) => type === 'PHASE' && phase !== null)
      .map(({ phase, at }) => ({
        name: names[phase ?? ''] ?? `${phase?.charAt(0).toUpperCase()}${phase?.slice(1)}`,
        fromMs: Date.parse(at),
        waits: false,
        captures: phase === 'capturing',
      })),
  ];
  return marks
    .map((mark, index) => ({ ...mark, untilMs: Math.max(mark.fromMs, marks[index + 1]?.fromMs ?? endMs) }))
    .filter(({ fromMs, untilMs, captures }) => untilMs > fromMs || captures);
}
