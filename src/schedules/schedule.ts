import { z } from 'zod';
import { compressions, imageFormats } from '../dumps/dump-request.ts';
import { captureMethods } from '../machines/capture.ts';

/** What becomes of due times that passed while nobody was there to act on them. */
export const missedPolicies = {
  SKIP: { description: 'Missed due times are listed as skipped.' },
  RUN_ONCE: { description: 'One run replaces all of them, unless another is due right now anyway.' },
  RUN_ALL: { description: 'The newest of them run, one after the other, up to a maximum.' },
} as const;

/** Most due times that are caught up, and that wait for one machine. */
export const maxCatchUp = 100;
export const dayMs = 86_400_000;

const namesOf = <Name extends string>(table: Readonly<Record<Name, unknown>>) =>
  z.enum(Object.keys(table) as [Name, ...Name[]]);
const text = (maximum: number) => z.string().min(1).max(maximum);

const timing = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('CRON'), cron: text(200), timeZone: text(100) }),
  z.object({
    kind: z.literal('EVERY'),
    everyMs: z
      .number()
      .int()
      .min(1_000)
      .max(400 * dayMs),
    anchorMs: z.number(),
  }),
]);
/**
 * When: a cron expression (5 fields, 6 with seconds, 7 with years; `L`, `#`, `W` and names) as clocks of a time zone show it, or
 * every so often, counted from `anchorMs`.
 */
export type Timing = z.infer<typeof timing>;

const machines = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ALL') }),
  z.object({ kind: z.literal('NAMES'), names: z.array(text(512)).min(1).max(1000) }),
  z.object({ kind: z.literal('PATTERN'), pattern: text(512) }),
  z.object({ kind: z.literal('LABEL'), label: text(200) }),
]);
/**
 * Which: those that run when the time has come, machines of these names or ids, those whose name matches a pattern (`*` and `?`), or
 * those that have a label: a word of the machine's title, as libvirt keeps it.
 */
export type MachineSelection = z.infer<typeof machines>;

const work = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('DUMP'),
    method: z.enum([...namesOf(captureMethods).options, 'AUTO']),
    format: namesOf(imageFormats),
    compression: namesOf(compressions),
    maxPauseMs: z.number().min(0).nullable(),
    imageDigest: z.boolean(),
  }),
  z.object({
    kind: z.literal('HEAP_PAIR'),
    waitMs: z
      .number()
      .int()
      .min(1_000)
      .max(7 * dayMs),
  }),
]);
/** What: a dump of each machine, or two heap snapshots of each Node.js process, so long apart. */
export type ScheduledWork = z.infer<typeof work>;

/** All that a person says of a schedule: what is kept, and what is checked before it is. */
export const scheduleSpec = z.object({
  name: text(200),
  timing,
  machines,
  work,
  missed: namesOf(missedPolicies),
  /** For RUN_ALL: at most so many. */
  maxCaughtUp: z.number().int().min(1).max(maxCatchUp),
  /** Each machine starts at a moment of its own within so long after the due time: always the same moment, by its id. */
  spreadMs: z.number().int().min(0).max(dayMs),
  /** At most so many of its runs at work at once; null for what the server allows. */
  maxParallel: z.number().int().min(1).max(64).nullable(),
});
export type ScheduleSpec = z.infer<typeof scheduleSpec>;

export interface Schedule {
  readonly id: string;
  readonly spec: ScheduleSpec;
  readonly paused: boolean;
  /** Every due time up to this moment is journaled. */
  readonly cursorMs: number;
  /** The first one behind it; null where none ever comes. */
  readonly nextDueMs: number | null;
  /** Due times up to this one are no longer kept; none of them runs again, whatever the clock says. */
  readonly floorMs: number;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  /** Who made it. */
  readonly actor: string;
  /** Rises with every change of spec or pause: whoever planned with an older one is refused. */
  readonly version: number;
}
