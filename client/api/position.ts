import { ask } from './ask.ts';
import { EventPositionDocument, type EventPositionQuery } from './generated/graphql.ts';

declare global {
  interface Window {
    /** The answer to the same question, asked before this code was there (public/before.js). */
    memoirPosition?: Promise<{ readonly data?: EventPositionQuery | null } | null>;
  }
}

/** Longer than this nothing else waits for it. */
const patienceMs = 3000;

/** Cursor of the newest event there is; undefined if the server does not say in time. */
export async function askPosition(): Promise<string | undefined> {
  const early = await within(window.memoirPosition?.catch(() => null));
  if (early?.data) return early.data.service.eventCursor;
  try {
    const { service } = await ask(EventPositionDocument, {}, AbortSignal.timeout(patienceMs));
    return service.eventCursor;
  } catch {
    return undefined;
  }
}

function within<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  return Promise.race([answer, new Promise<undefined>((resolve) => setTimeout(resolve, patienceMs))]);
}
