import { useCallback } from 'react';
import { useMutation } from 'urql';
import { TriggerDumpsDocument, type TriggerDumpsInput, type TriggerDumpsMutation } from '../api/generated/graphql.ts';
import { problemOf } from '../api/problem.ts';
import { plainText } from '../format/plain-text.ts';
import { sentence } from '../format/sentence.ts';
import { usePage } from '../state/page.ts';

export type TriggerOutcome = TriggerDumpsMutation['triggerDumps'];

/** More refusals than this are counted, not told one by one. */
const told = 3;

export interface Trigger {
  readonly busy: boolean;
  /** Null if the server did not take the request at all; what was said about it was shown then. */
  run(input: Omit<TriggerDumpsInput, 'idempotencyKey'>): Promise<TriggerOutcome | null>;
}

/** Requests dumps. What was accepted is told by the event stream, as to everybody else; what was refused is told here. */
export function useTrigger(): Trigger {
  const [{ fetching }, mutate] = useMutation(TriggerDumpsDocument);
  const { activity, freshness, toasts } = usePage();
  const run = useCallback<Trigger['run']>(
    async (input) => {
      function say(text: string): void {
        toasts.show('error', text);
        activity.page('error', text);
      }
      const { data, error } = await mutate({ input: { ...input, idempotencyKey: newKey() } });
      if (error) {
        const { code, message, hint } = problemOf(error);
        if (code === 'FORBIDDEN') freshness.mark(['access']);
        say(`No dump was requested: ${sentence(message)}${hint ? ` ${hint}` : ''}`);
      }
      if (!data) return null;
      freshness.mark(['active', 'operations']);
      const { rejected } = data.triggerDumps;
      for (const { vm, message } of rejected.slice(0, told)) say(`No dump of ${plainText(vm)}: ${sentence(message)}`);
      if (rejected.length > told) say(`${rejected.length - told} more machines were not accepted.`);
      return data.triggerDumps;
    },
    [mutate, activity, freshness, toasts],
  );
  return { busy: fetching, run };
}

/** A key for one press of a button: a request that is sent twice by a bad line is one order. (randomUUID needs TLS.) */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
