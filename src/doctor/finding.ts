export const findingStates = {
  ok: 'No action is needed.',
  look: 'It works, but needs attention.',
  broken: 'Something does not work.',
} as const;

/** One precondition: how it is, what follows from that, and what mends it. */
export interface HostFinding {
  readonly about: string;
  readonly state: keyof typeof findingStates;
  readonly finding: string;
  /** What does not work because of it; null where all is well. */
  readonly consequence: string | null;
  /** What to do, as a command where there is one; null where nothing is to be done. */
  readonly mend: string | null;
  /** Whether `--fix` may do it: harmless, and on this machine. */
  readonly fix: HostFix | null;
}

export type HostFix =
  | { readonly type: 'make-folder'; readonly path: string }
  | { readonly type: 'mode'; readonly path: string; readonly mode: number };
