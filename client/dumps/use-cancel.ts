import { useMutation } from 'urql';
import { CancelDumpDocument } from '../api/generated/graphql.ts';
import { problemOf } from '../api/problem.ts';
import { wasRefused } from '../state/authority.ts';
import { question } from '../state/dialogs.ts';
import { toast } from '../state/toasts.ts';

/** Asks, and then cancels. One that only waits is cancelled without a question: nothing is lost. */
export function useCancel(): (dump: { readonly id: string; readonly vmName: string; readonly state: string }) => void {
  const [, cancel] = useMutation(CancelDumpDocument);
  return ({ id, vmName, state }) => {
    async function run(): Promise<void> {
      const { error } = await cancel({ id });
      if (!error) return;
      const { code, message } = problemOf(error);
      if (code === 'FORBIDDEN') wasRefused();
      toast('error', `Not cancelled: ${message}`);
    }
    if (state === 'QUEUED') void run();
    else
      question.set({
        title: `Cancel the dump of ${vmName}?`,
        text: 'What was captured so far is discarded; nothing of it stays. The machine goes on running.',
        action: 'Cancel the dump',
        run,
      });
  };
}
