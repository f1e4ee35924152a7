import { useMutation } from 'urql';
import { CancelDumpDocument } from '../api/generated/graphql.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';

/** Asks, and then cancels. One that only waits is cancelled without a question: nothing is lost. */
export function useCancel(): (dump: { readonly id: string; readonly vmName: string; readonly state: string }) => void {
  const [, cancel] = useMutation(CancelDumpDocument);
  const { dialogs, freshness } = usePage();
  const complain = useComplaint();
  return ({ id, vmName, state }) => {
    async function run(): Promise<void> {
      const { error } = await cancel({ id });
      if (error) complain('Not cancelled', error);
      else freshness.mark(['active']);
    }
    if (state === 'QUEUED') void run();
    else
      dialogs.question.set({
        title: `Cancel the dump of ${vmName}?`,
        text: 'What has been captured so far is discarded. The machine keeps running.',
        action: 'Cancel the dump',
        keep: 'Continue dump',
        run,
      });
  };
}
