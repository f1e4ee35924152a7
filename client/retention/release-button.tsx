import { useMutation } from 'urql';
import { type HoldFieldsFragment, ReleaseArtifactDocument } from '../api/generated/graphql.ts';
import { plainText } from '../format/plain-text.ts';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import { Action } from '../ui/action.tsx';

/** Ends a hold, after a question that repeats its reason. */
export function ReleaseButton({ hold, done }: { readonly hold: HoldFieldsFragment; readonly done: () => void }) {
  const { dialogs, freshness, toasts } = usePage();
  const complain = useComplaint();
  const off = useGuard()('delete');
  const [, release] = useMutation(ReleaseArtifactDocument);
  const { kind, id, reason, actor } = hold;

  function ask(): void {
    dialogs.question.set({
      title: 'Release the hold?',
      text: `${plainText(actor)} holds it: ${plainText(reason)}. It may be deleted from then on.`,
      action: 'Release',
      run: async () => {
        const { error } = await release({ kind, id });
        if (error) complain('Not released', error);
        else toasts.show('success', 'Released the hold');
        freshness.mark(['records']);
        done();
      },
    });
  }
  return (
    <Action press={ask} off={off}>
      Release…
    </Action>
  );
}
