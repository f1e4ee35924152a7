import type { ToldStatus } from './told-status.ts';

/** A trigger as its caller sees it afterwards. */
export interface RememberedTrigger {
  readonly atMs: number;
  /** The machines, as the caller named them. */
  readonly sent: readonly string[];
  /** What was answered, word for word. */
  readonly answer: object;
  readonly dumpIds: readonly string[];
}

/** Most machines and dumps that are remembered; the oldest is forgotten for another. */
const kept = 1000;
/** As long as the end of a dump is shown. */
const keptMs = 3_600_000;

/**
 * What the old service kept in its memory for those who poll: the last trigger with the machines as they were sent, the
 * machines that it did not know, and how far a dump was that failed since. Like there, a restart forgets it.
 */
export class TriggerMemory {
  #last: RememberedTrigger | null = null;
  readonly #unknown = new Map<string, ToldStatus>();
  readonly #percents = new Map<string, number>();

  get last(): RememberedTrigger | null {
    return this.#last;
  }

  trigger(trigger: RememberedTrigger, unknown: readonly string[]): void {
    this.#last = trigger;
    for (const vm of trigger.sent) this.#unknown.delete(vm);
    for (const vm of unknown) put(this.#unknown, vm, notFound(vm, trigger));
  }

  /** The machines that a trigger named lately and that there are not, as failed dumps. */
  unknown(nowMs = Date.now()): ReadonlyMap<string, ToldStatus> {
    for (const [vm, { finished_at: at }] of this.#unknown)
      if (nowMs - Date.parse(at ?? '') > keptMs) this.#unknown.delete(vm);
    return this.#unknown;
  }

  /** How far a dump is; where that is not known any more, how far it was when someone asked last. */
  percentOf(dumpId: string, now: number | null): number {
    if (now !== null) put(this.#percents, dumpId, now);
    return now ?? this.#percents.get(dumpId) ?? 0;
  }
}

function put<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) if (map.size > kept) map.delete(oldest);
}

function notFound(vm: string, { atMs }: RememberedTrigger): ToldStatus {
  const at = new Date(atMs).toISOString();
  return {
    dump_id: null,
    vm,
    state: 'failed',
    progress: 0,
    message: `Domain not found: ${vm}`,
    started_at: at,
    finished_at: at,
    dump_path: null,
    duration_sec: 0,
  };
}
