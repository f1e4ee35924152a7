import type { CombinedError } from '@urql/core';
import { problemOf } from '../api/problem.ts';
import { sentence } from '../format/sentence.ts';
import { usePage } from './page.ts';

/** Shows why something was not done. A role that turned out too low is asked for again, so that the page no longer offers it. */
export function useComplaint(): (what: string, error: CombinedError) => void {
  const { toasts, freshness } = usePage();
  return (what, error) => {
    const { code, message, hint } = problemOf(error);
    if (code === 'FORBIDDEN') freshness.mark(['access']);
    toasts.show('error', `${what}: ${sentence(message)}${hint ? ` ${hint}` : ''}`);
  };
}
