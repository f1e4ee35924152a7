import type { TypedDocumentNode } from '@urql/core';
import { type AnyVariables, useClient } from 'urql';
import { DeleteVolumeDocument, DetachVolumeDocument, UnexportVolumeDocument } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import type { Volume } from './volume-view.ts';

/** Starts an operation on a volume. True if the server accepted it; else the reason is shown. */
export function useStart(): <Data, Variables extends AnyVariables>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  failure: string,
) => Promise<boolean> {
  const client = useClient();
  const { freshness } = usePage();
  const complain = useComplaint();
  return async (document, variables, failure) => {
    const { error } = await client.mutation(document, variables).toPromise();
    if (error) complain(failure, error);
    freshness.mark(['volumes', 'operations']);
    return error === undefined;
  };
}

/** What asks before it is done. */
export function useQuestions() {
  const start = useStart();
  const { dialogs } = usePage();
  return {
    detach({ id, name, attachment }: Volume): void {
      const machine = plainText(attachment?.machineName ?? 'its machine');
      dialogs.question.set({
        title: `Detach ${name} from ${machine}?`,
        text: `${machine} loses this disk. Unmount its file systems there first: if the machine does not release the disk, the detach fails and the disk stays attached.`,
        action: 'Detach',
        run: () => void start(DetachVolumeDocument, { volume: id, vm: null }, 'Not detached'),
      });
    },
    endExport({ id, name }: Volume): void {
      dialogs.question.set({
        title: `End the export of ${name}?`,
        text: 'Connected clients get a few seconds to leave, then they are cut off.',
        action: 'End the export',
        run: () => void start(UnexportVolumeDocument, { volume: id }, 'The export was not ended'),
      });
    },
    remove({ id, name, sizeBytes }: Volume): void {
      dialogs.question.set({
        title: `Delete ${name}?`,
        text: `The volume and its ${formatBytes(sizeBytes)} of data are deleted permanently. This cannot be undone.`,
        action: 'Delete the volume',
        run: () => void start(DeleteVolumeDocument, { volume: id }, 'Not deleted'),
      });
    },
  };
}
