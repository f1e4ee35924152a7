import { z } from 'zod';
import { MemoirError } from '../domain/memoir-error.ts';
import { matchesPattern } from '../domain/name-pattern.ts';
import { eventKindNames, type Notification, severities, severityOf } from './notification.ts';

/** Where notifications go, and which. Every condition holds; an empty list of kinds means all of them. */
const definition = z.object({
  name: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N} ._@:-]{0,63}$/u, 'takes 1 to 64 letters, digits, spaces or ._@:-'),
  target: z.discriminatedUnion('type', [
    z.object({ type: z.literal('WEBHOOK'), url: z.string().min(1).max(2_000) }),
    z.object({
      type: z.literal('MAIL'),
      to: z
        .array(z.string().regex(/^[^\s@<>,;:"()[\]\\]+@[^\s@<>,;:"()[\]\\]+$/, 'is not a mail address'))
        .min(1, 'needs an address')
        .max(20, 'takes at most 20 addresses'),
    }),
  ]),
  kinds: z.array(z.enum(eventKindNames)).default([]),
  /** Names of machines, with `*` and `?`; null for all, and for what is about no machine. */
  machinePattern: z.string().min(1).max(200).nullable().default(null),
  minSeverity: z.enum(severities).default('INFO'),
});

export type HookDefinition = z.infer<typeof definition>;
/** What a caller may leave out has a default. */
export type NewHook = z.input<typeof definition>;

export interface Hook {
  readonly id: string;
  readonly definition: HookDefinition;
  readonly enabled: boolean;
  /** Why it was switched off by Memoir itself; null otherwise. */
  readonly disabledReason: string | null;
  readonly createdAtMs: number;
  readonly createdBy: string;
}

/** What signs a webhook. While a rotation lasts both sign, so that a receiver may change over when it likes. */
export interface HookSecrets {
  readonly secret: string;
  readonly previous: { readonly secret: string; readonly untilMs: number } | null;
}

export function parseHook(wish: unknown): HookDefinition {
  const parsed = definition.safeParse(wish);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new MemoirError('BAD_INPUT', `${issue?.path.join('.') ?? 'the hook'}: ${issue?.message ?? 'is malformed'}`);
}

/** Whether a hook wants to hear of it. */
export function wants({ kinds, machinePattern, minSeverity }: HookDefinition, notification: Notification): boolean {
  if (kinds.length > 0 && !kinds.includes(notification.kind)) return false;
  if (severities.indexOf(severityOf(notification.kind)) < severities.indexOf(minSeverity)) return false;
  if (machinePattern === null) return true;
  return notification.machine !== null && matchesPattern(machinePattern, notification.machine);
}
