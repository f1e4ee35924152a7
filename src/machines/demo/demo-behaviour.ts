import type { ErrorCode } from '../../domain/error-catalogue.ts';

/** What goes wrong with a capture of a simulated machine; `atByte` counts the bytes of the image that have passed. */
export type DemoBehaviour =
  /** The stream breaks off, and the reader says so with this code. */
  | { readonly type: 'FAIL'; readonly atByte: number; readonly code: ErrorCode }
  /** Nothing comes any more, and nobody says why. */
  | { readonly type: 'HANG'; readonly atByte: number }
  /** The machine ends; its stream breaks off. */
  | { readonly type: 'GUEST_GONE'; readonly atByte: number }
  /** The source cannot be opened. */
  | { readonly type: 'REFUSE_OPEN'; readonly code: ErrorCode }
  /** Every byte comes, and then the hypervisor says that it went wrong. */
  | { readonly type: 'CONTROL_FAILS'; readonly code: ErrorCode }
  /** It goes on, but at this speed. */
  | { readonly type: 'SLOW'; readonly bytesPerSec: number };
