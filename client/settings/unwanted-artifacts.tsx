import { Button } from '@mantine/core';
import { useMutation } from 'urql';
import { RemoveUnwantedArtifactsDocument, type ServiceFieldsFragment } from '../api/generated/graphql.ts';
import { formatBytes } from '../format/bytes.ts';
import { plainText } from '../format/plain-text.ts';
import { countOfArtifacts, useReindex } from '../shell/database-banner.tsx';
import { useGuard } from '../state/authority.ts';
import { useComplaint } from '../state/complain.ts';
import { usePage } from '../state/page.ts';
import styles from './settings.module.css';

type Unwanted = NonNullable<ServiceFieldsFragment['unwantedArtifacts']>;

/** Artifacts of which there is no record: taken into the catalogue, or removed for good. */
export function UnwantedArtifacts({ unwanted }: { readonly unwanted: Unwanted }) {
  const { dialogs, freshness, toasts } = usePage();
  const complain = useComplaint();
  const reindex = useReindex();
  const [{ fetching }, remove] = useMutation(RemoveUnwantedArtifactsDocument);
  const refused = useGuard()('delete');
  const { count, sizeBytes, locations } = unwanted;
  const what = `${countOfArtifacts(count)} (${formatBytes(sizeBytes)})`;

  async function run(): Promise<void> {
    const { data, error } = await remove({});
    if (error) complain('Not removed', error);
    else toasts.show('success', `Removed ${countOfArtifacts(data?.removeUnwantedArtifacts.removed?.count ?? 0)}`);
    freshness.mark(['service']);
  }

  return (
    <div className={styles.unwanted}>
      <p>
        <strong>{what} without a record.</strong> A reindex adds those that are whole to the catalogue.
      </p>
      <ul className={styles.letters} aria-label="Artifacts without a record">
        {locations.map((location) => (
          <li key={location}>
            <code>{plainText(location)}</code>
          </li>
        ))}
        {count > locations.length && <li>and {count - locations.length} more</li>}
      </ul>
      <div className={styles.unwantedActions}>
        <Button
          size="compact-sm"
          variant="default"
          loading={reindex.busy}
          disabled={reindex.refused !== null}
          title={reindex.refused ?? undefined}
          onClick={reindex.run}
        >
          Reindex
        </Button>
        <Button
          size="compact-sm"
          variant="default"
          loading={fetching}
          disabled={refused !== null}
          title={refused ?? undefined}
          onClick={() =>
            dialogs.question.set({
              title: `Remove ${what}?`,
              text: 'These artifacts have no record in the catalogue. Their files are removed for good.',
              action: 'Remove',
              run,
            })
          }
        >
          Remove…
        </Button>
      </div>
    </div>
  );
}
